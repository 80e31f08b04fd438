#include "base/json.h"
#include "base/log.h"

void
json_string(struct buf *to, struct str s)
{
	buf_putc(to, '"');
	while (s.n > 0) {
		struct str whole = s;
		int32_t cp = str_next_utf8(&s);
		struct str one = str_sub(whole, 0, whole.n - s.n);

		if (cp == '"' || cp == '\\')
			buf_printf(to, "\\%c", (int)cp);
		else if (cp < 0)
			buf_printf(to, "\\\\x%02x", (unsigned char)one.p[0]);
		else if (log_is_harmful(cp))
			buf_printf(to, "\\u%04x", (unsigned)cp);
		else
			buf_str(to, one);
	}
	buf_putc(to, '"');
}
