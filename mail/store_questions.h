/*
 * All that is asked of SQLite, in one table, each named after what it answers
 * or does; for mail/store*.c only. Parameters are numbered, so that one that
 * is needed twice is bound once.
 */
#ifndef MAIL_STORE_QUESTIONS_H
#define MAIL_STORE_QUESTIONS_H

/* In the order in which read_member, read_delivery, read_announcement,
 * read_letter, read_request, read_offer and read_claim take them. */
#define MEMBER_COLUMNS                                                         \
	"SELECT s.id, s.since, s.address, s.token, l.name, l.id, m.state,"     \
	" m.way, m.since, m.consent, m.why"
#define DELIVERY_COLUMNS                                                       \
	"SELECT d.id, d.announcement, d.subscriber, s.address, s.token,"       \
	" d.state, d.due, d.changed, d.attempts, d.doubts, d.reply"
#define ANNOUNCEMENT_COLUMNS                                                   \
	"SELECT a.id, a.state, l.name, a.page, a.subject, a.token, a.queued,"  \
	" a.begins, a.expires, a.holds_doubts"
#define LETTER_COLUMNS                                                         \
	"SELECT id, kind, subscriber, address, token, state, due, changed,"    \
	" attempts, doubts, reply, queued, expires"
#define REQUEST_COLUMNS                                                        \
	"SELECT r.id, r.name, r.token, r.code, r.address, l.name, r.way,"      \
	" r.network, r.at, r.again, r.expires, r.tries, r.wrong, r.confirmed"  \
	" FROM requests r JOIN lists l ON l.id = r.list"
#define OFFER_COLUMNS                                                          \
	"SELECT id, host, page, tag, item, ask, opens, over, many, closed"     \
	" FROM offers"
#define CLAIM_COLUMNS                                                          \
	"SELECT c.id, c.offer, c.token, c.proof, c.address, c.state,"          \
	" c.option, o.name, c.number, c.way, c.network, c.at, c.changed,"      \
	" c.expires, c.confirmed, c.agreed, c.revision, c.note FROM claims c"  \
	" LEFT JOIN offer_options o ON o.id = c.option"

#define STORE_QUESTIONS_ARE(X)                                                 \
	X(TRANSACTION, "BEGIN IMMEDIATE")                                      \
	X(COMMITTED, "COMMIT")                                                 \
	X(SALT_OF_STORE, "SELECT value FROM settings WHERE name = 'salt'")     \
	X(FIRST_DAMAGE, "PRAGMA integrity_check(1)")                           \
	X(LOG_EMPTIED, "PRAGMA wal_checkpoint(TRUNCATE)")                      \
	X(LIST_OF_NAME, "SELECT id FROM lists WHERE name = ?1")                \
	X(NEW_LIST, "INSERT INTO lists (name) VALUES (?1) RETURNING id")       \
                                                                               \
	X(SUBSCRIBER_OF_KEY,                                                   \
	    "SELECT id, since, address, token FROM subscribers"                \
	    " WHERE key = ?1")                                                 \
	X(SUBSCRIBERS_OF_TOKEN,                                                \
	    "SELECT id, since, address, token FROM subscribers"                \
	    " WHERE token >= ?1 AND token < ?2")                               \
	X(NEW_SUBSCRIBER,                                                      \
	    "INSERT INTO subscribers (address, key, token, since)"             \
	    " VALUES (?1, ?2, ?3, ?4) RETURNING id")                           \
	X(SUBSCRIBER_GONE, "DELETE FROM subscribers WHERE id = ?1")            \
	X(STATE_OF_MEMBER,                                                     \
	    "SELECT state FROM members WHERE subscriber = ?1 AND list = ?2")   \
	X(NEW_MEMBER,                                                          \
	    "INSERT INTO members (subscriber, list, state, since, way,"        \
	    " consent, why) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")              \
	X(MEMBER_CHANGED,                                                      \
	    "UPDATE members SET state = ?3, since = ?4, way = ?5,"             \
	    " consent = iif(?6 = '', consent, ?6), why = ?7,"                  \
	    " was_since = iif(?3 = 'suspended', since, NULL),"                 \
	    " was_way = iif(?3 = 'suspended', way, NULL)"                      \
	    " WHERE subscriber = ?1 AND list = ?2")                            \
	X(MEMBERS_OF_ALL,                                                      \
	    MEMBER_COLUMNS " FROM members m"                                   \
	    " JOIN subscribers s ON s.id = m.subscriber"                       \
	    " JOIN lists l ON l.id = m.list"                                   \
	    " WHERE (m.subscriber, m.list) > (?1, ?2)"                         \
	    " AND (?3 = '' OR m.state = ?3)"                                   \
	    " ORDER BY m.subscriber, m.list LIMIT ?4")                         \
	X(MEMBERS_OF_SUBSCRIBER,                                               \
	    MEMBER_COLUMNS " FROM members m"                                   \
	    " JOIN subscribers s ON s.id = m.subscriber"                       \
	    " JOIN lists l ON l.id = m.list"                                   \
	    " WHERE m.subscriber = ?5 AND m.list > ?2"                         \
	    " AND (?3 = '' OR m.state = ?3)"                                   \
	    " ORDER BY m.list LIMIT ?4")                                       \
	X(MEMBERS_OF_LIST,                                                     \
	    MEMBER_COLUMNS " FROM members m INDEXED BY members_of_list"        \
	    " JOIN subscribers s ON s.id = m.subscriber"                       \
	    " JOIN lists l ON l.id = m.list"                                   \
	    " WHERE m.list = ?5 AND m.subscriber > ?1"                         \
	    " AND (?3 = '' OR m.state = ?3)"                                   \
	    " ORDER BY m.subscriber LIMIT ?4")                                 \
	X(MEMBERS_BY_STATE,                                                    \
	    "SELECT state, count(*) FROM members WHERE list = ?1"              \
	    " GROUP BY state")                                                 \
	X(MEMBERS_BY_WEEK,                                                     \
	    "SELECT state, (since - ?2) / 604800, count(*) FROM members"       \
	    " WHERE list = ?1 AND since >= ?2 GROUP BY 1, 2")                  \
                                                                               \
	X(SUPPRESSED_SINCE, "SELECT since FROM suppressions WHERE hash = ?1")  \
	X(NEW_SUPPRESSION,                                                     \
	    "INSERT INTO suppressions (hash, since) VALUES (?1, ?2)"           \
	    " ON CONFLICT DO NOTHING")                                         \
	X(SUPPRESSION_GONE, "DELETE FROM suppressions WHERE hash = ?1")        \
	X(NEW_BOUNCE,                                                          \
	    "INSERT INTO bounces (subscriber, announcement, at, permanent,"    \
	    " status, text, excused)"                                          \
	    " VALUES (?1, nullif(?2, 0), ?3, ?4, ?5, ?6, ?7)")                 \
	X(BOUNCES_OF_SUBSCRIBER,                                               \
	    "SELECT at, announcement, permanent, status, text, excused"        \
	    " FROM bounces WHERE subscriber = ?1"                              \
	    " ORDER BY at DESC, id DESC LIMIT ?2")                             \
	X(BOUNCES_LATEST,                                                      \
	    "SELECT b.at, b.announcement, b.permanent, b.status, b.text,"      \
	    " b.excused, s.address FROM bounces b"                             \
	    " JOIN subscribers s ON s.id = b.subscriber"                       \
	    " ORDER BY b.id DESC LIMIT ?1")                                    \
                                                                               \
	X(BRAKE,                                                               \
	    "SELECT state, changed, by_mail, refused, answered, reply"         \
	    " FROM brakes WHERE announcement = ?1")                            \
	X(BRAKE_OF_DELIVERY,                                                   \
	    "SELECT d.announcement, d.changed, b.state, b.changed"             \
	    " FROM deliveries d LEFT JOIN brakes b"                            \
	    " ON b.announcement = d.announcement WHERE d.id = ?1")             \
	X(DELIVERY_OF_MEMBER,                                                  \
	    "SELECT id FROM deliveries"                                        \
	    " WHERE subscriber = ?1 AND announcement = ?2")                    \
	X(ANNOUNCEMENT_OF_MESSAGE,                                             \
	    "SELECT d.announcement FROM announcements a JOIN deliveries d"     \
	    " ON d.announcement = a.id AND d.subscriber = ?2"                  \
	    " WHERE a.token = ?1")                                             \
	/* Of those close to a delivery that were answered since: how many,    \
	 * and how many of them were refused or came back. */                  \
	X(REFUSED_AROUND,                                                      \
	    "SELECT count(*), coalesce(sum(is_refused), 0) FROM"               \
	    " (SELECT d.state, (d.state = 'failed'"                            \
	    " AND d.reply GLOB '5[0-9][0-9] *') OR EXISTS"                     \
	    " (SELECT 1 FROM bounces b WHERE b.subscriber = d.subscriber"      \
	    " AND b.announcement = d.announcement AND b.permanent = 1"         \
	    " AND b.excused = 0) AS is_refused FROM deliveries me"             \
	    " CROSS JOIN deliveries d"                                         \
	    " ON d.id BETWEEN me.id - ?2 AND me.id + ?2"                       \
	    " AND d.announcement = me.announcement"                            \
	    " WHERE me.id = ?1 AND d.changed >= ?3)"                           \
	    " WHERE is_refused OR state = 'sent'")                             \
	X(NEW_BRAKE,                                                           \
	    "INSERT INTO brakes (announcement, state, changed, by_mail,"       \
	    " refused, answered, reply) VALUES (?1, 'on', ?2, ?3, ?4, ?5, ?6)" \
	    " ON CONFLICT DO UPDATE SET state = 'on', changed = ?2,"           \
	    " by_mail = ?3, refused = ?4, answered = ?5, reply = ?6")          \
	X(BRAKE_LET_GO,                                                        \
	    "UPDATE brakes SET state = 'off', changed = ?2"                    \
	    " WHERE announcement = ?1 AND state = 'on'")                       \
	X(BRAKE_DENIED,                                                        \
	    "UPDATE brakes SET state = 'overruled', changed = ?2"              \
	    " WHERE announcement = ?1 AND state != 'overruled'")               \
	X(ANNOUNCEMENT_BRAKED,                                                 \
	    "UPDATE announcements SET state = 'paused'"                        \
	    " WHERE id = ?1 AND state = 'open'")                               \
	X(BOUNCES_EXCUSED,                                                     \
	    "UPDATE bounces SET excused = ?2"                                  \
	    " WHERE announcement = ?1 AND permanent = 1 AND excused != ?2")    \
	X(BOUNCED_AFTER,                                                       \
	    "SELECT DISTINCT subscriber FROM bounces"                          \
	    " WHERE announcement = ?1 AND permanent = 1 AND subscriber > ?2"   \
	    " ORDER BY subscriber LIMIT ?3")                                   \
	/* Whom and what the suspensions have stopped that are excused. */     \
	X(DELIVERIES_GIVEN_BACK,                                               \
	    "UPDATE deliveries SET state = 'queued', due = 0, changed = ?2,"   \
	    " reply = '' WHERE state = 'cancelled' AND reply = 'suspended'"    \
	    " AND subscriber IN (SELECT b.subscriber FROM bounces b"           \
	    " WHERE b.announcement = ?1 AND b.excused = 1)"                    \
	    " AND EXISTS (SELECT 1 FROM bounces b WHERE b.announcement = ?1"   \
	    " AND b.subscriber = deliveries.subscriber"                        \
	    " AND b.at = deliveries.changed AND b.excused = 1)"                \
	    " AND announcement IN (SELECT id FROM announcements"               \
	    " WHERE state IN ('open', 'paused'))")                             \
	X(MEMBERS_GIVEN_BACK,                                                  \
	    "UPDATE members SET state = 'active', since = was_since,"          \
	    " way = was_way, why = '', was_since = NULL, was_way = NULL"       \
	    " WHERE state = 'suspended' AND was_since IS NOT NULL"             \
	    " AND subscriber IN (SELECT b.subscriber FROM bounces b"           \
	    " WHERE b.announcement = ?1 AND b.excused = 1)"                    \
	    " AND EXISTS (SELECT 1 FROM bounces b WHERE b.announcement = ?1"   \
	    " AND b.subscriber = members.subscriber"                           \
	    " AND b.at = members.since AND b.excused = 1)")                    \
	X(DELIVERIES_CAME_BACK,                                                \
	    "UPDATE deliveries SET state = 'failed', due = 0, changed = ?2,"   \
	    " reply = 'came back: ' || (SELECT b.text FROM bounces b"          \
	    " WHERE b.subscriber = deliveries.subscriber"                      \
	    " AND b.announcement = ?1 AND b.excused = 1"                       \
	    " ORDER BY b.id DESC LIMIT 1) WHERE state = 'sent'"                \
	    " AND id IN (SELECT d.id FROM bounces b JOIN deliveries d"         \
	    " ON d.subscriber = b.subscriber AND d.announcement = ?1"          \
	    " WHERE b.announcement = ?1 AND b.excused = 1"                     \
	    " AND b.at >= d.changed)")                                         \
	X(DELIVERY_CAME_BACK,                                                  \
	    "UPDATE deliveries SET state = 'failed', due = 0, changed = ?2,"   \
	    " reply = 'came back: ' || ?3 WHERE id = ?1 AND state = 'sent'")   \
                                                                               \
	X(NEW_ANNOUNCEMENT,                                                    \
	    "INSERT INTO announcements (list, page, subject, token, state,"    \
	    " queued, begins, expires, holds_doubts, message) VALUES"          \
	    " (?1, ?2, ?3, ?4, 'open', ?5, ?6, ?7, ?8, ?9) RETURNING id")      \
	X(NEW_DELIVERIES,                                                      \
	    "INSERT INTO deliveries (announcement, subscriber, state, due,"    \
	    " changed) SELECT ?1, subscriber, 'queued', ?3, ?4 FROM members"   \
	    " INDEXED BY members_of_list"                                      \
	    " WHERE list = ?2 AND state = 'active' ORDER BY subscriber")       \
	X(ANNOUNCEMENT_OF_ID,                                                  \
	    ANNOUNCEMENT_COLUMNS ", a.message FROM announcements a"            \
	    " JOIN lists l ON l.id = a.list WHERE a.id = ?1")                  \
	X(ANNOUNCEMENT_OF_PAGE,                                                \
	    ANNOUNCEMENT_COLUMNS ", a.message FROM announcements a"            \
	    " JOIN lists l ON l.id = a.list WHERE a.page = ?1"                 \
	    " AND a.list = ?2 AND a.state != 'cancelled'"                      \
	    " ORDER BY a.id DESC LIMIT 1")                                     \
	X(ANNOUNCEMENTS_OF_PAGE,                                               \
	    "SELECT count(*) FROM announcements WHERE page = ?1"               \
	    " AND list = ?2")                                                  \
	X(ANNOUNCEMENTS_BEFORE,                                                \
	    ANNOUNCEMENT_COLUMNS ", '' FROM announcements a"                   \
	    " JOIN lists l ON l.id = a.list WHERE a.id < ?1"                   \
	    " ORDER BY a.id DESC LIMIT ?2")                                    \
	X(STATE_OF_ANNOUNCEMENT,                                               \
	    "SELECT state FROM announcements WHERE id = ?1")                   \
	X(ANNOUNCEMENT_CHANGED,                                                \
	    "UPDATE announcements SET state = ?2 WHERE id = ?1")               \
	X(ANNOUNCEMENTS_DONE,                                                  \
	    "UPDATE announcements SET state = 'done' WHERE state = 'open'"     \
	    " AND NOT EXISTS (SELECT 1 FROM deliveries d"                      \
	    " WHERE d.announcement = announcements.id AND d.state IN"          \
	    " ('queued', 'deferred', 'sending', 'in_doubt'))")                 \
	X(DELIVERIES_BY_STATE,                                                 \
	    "SELECT state, count(*), min(due) FROM deliveries"                 \
	    " WHERE announcement = ?1 GROUP BY state")                         \
                                                                               \
	/* CROSS JOIN: announcements first, then what of each is due. */       \
	X(DELIVERIES_DUE,                                                      \
	    DELIVERY_COLUMNS " FROM announcements a"                           \
	    " CROSS JOIN deliveries d ON d.announcement = a.id"                \
	    " AND d.state = ?1 AND d.due <= ?2 AND d.holder IS NULL"           \
	    " CROSS JOIN subscribers s ON s.id = d.subscriber"                 \
	    " WHERE a.state = 'open' AND a.begins <= ?2"                       \
	    " AND (a.expires = 0 OR a.expires > ?2)"                           \
	    " AND (?3 = 0 OR a.id = ?3) LIMIT ?4")                             \
	X(DELIVERIES_READY,                                                    \
	    "SELECT count(*) FROM ("                                           \
	    "SELECT 1 FROM letters WHERE ?2 = 0"                               \
	    " AND state IN ('queued', 'deferred') AND due <= ?1"               \
	    " AND holder IS NULL AND expires > ?1 UNION ALL "                  \
	    "SELECT 1 FROM announcements a"                                    \
	    " CROSS JOIN deliveries d ON d.announcement = a.id"                \
	    " AND d.state IN ('queued', 'deferred') AND d.due <= ?1"           \
	    " AND d.holder IS NULL"                                            \
	    " WHERE a.state = 'open' AND a.begins <= ?1"                       \
	    " AND (a.expires = 0 OR a.expires > ?1)"                           \
	    " AND (?2 = 0 OR a.id = ?2) LIMIT ?3)")                            \
	X(DELIVERIES_NEXT,                                                     \
	    "SELECT min(at) FROM ("                                            \
	    "SELECT due AS at FROM letters WHERE ?1 = 0"                       \
	    " AND state IN ('queued', 'deferred') AND holder IS NULL"          \
	    " UNION ALL "                                                      \
	    "SELECT max(a.begins, (SELECT d.due FROM deliveries d"             \
	    " WHERE d.announcement = a.id AND d.state = w.state"               \
	    " AND d.holder IS NULL ORDER BY d.due LIMIT 1))"                   \
	    " FROM announcements a CROSS JOIN"                                 \
	    " (SELECT 'queued' AS state UNION ALL SELECT 'deferred') w"        \
	    " WHERE a.state = 'open' AND (?1 = 0 OR a.id = ?1))")              \
	X(DELIVERY_LEASED,                                                     \
	    "UPDATE deliveries SET holder = ?2, due = ?3 WHERE id = ?1")       \
	X(DELIVERY_STANDING,                                                   \
	    "SELECT d.state, d.holder, d.due, a.state FROM deliveries d"       \
	    " JOIN announcements a ON a.id = d.announcement"                   \
	    " WHERE d.id = ?1")                                                \
	X(DELIVERY_MOVED,                                                      \
	    "UPDATE deliveries SET state = ?2, due = ?3, holder = ?4,"         \
	    " attempts = attempts + ?5, doubts = doubts + ?6, changed = ?7,"   \
	    " reply = iif(?8 = '', reply, ?8) WHERE id = ?1")                  \
	X(DELIVERIES_MOVED,                                                    \
	    "UPDATE deliveries SET state = ?3, due = ?4, holder = NULL,"       \
	    " attempts = attempts + ?5, doubts = doubts + ?6, changed = ?7,"   \
	    " reply = iif(?8 = '', reply, ?8)"                                 \
	    " WHERE announcement = ?1 AND state = ?2"                          \
	    " AND (holder IS NULL OR ?3 = 'cancelled')"                        \
	    " AND (?2 != 'failed' OR EXISTS (SELECT 1 FROM members m"          \
	    " JOIN announcements a ON a.list = m.list WHERE a.id = ?1"         \
	    " AND m.subscriber = deliveries.subscriber"                        \
	    " AND m.state = 'active'))")                                       \
	X(DELIVERIES_DROPPED,                                                  \
	    "UPDATE deliveries SET state = 'cancelled', due = 0,"              \
	    " holder = NULL, changed = ?3, reply = ?4 WHERE subscriber = ?1"   \
	    " AND state IN ('queued', 'deferred') AND (?2 = 0 OR"              \
	    " announcement IN (SELECT id FROM announcements"                   \
	    " WHERE list = ?2 AND state IN ('open', 'paused')))")              \
	X(REPLIES_FORGOTTEN,                                                   \
	    "UPDATE deliveries SET reply = '' WHERE subscriber = ?1")          \
	X(BRAKE_REPLIES_FORGOTTEN,                                             \
	    "UPDATE brakes SET reply = '' WHERE announcement IN"               \
	    " (SELECT announcement FROM deliveries WHERE subscriber = ?1)")    \
	X(DELIVERIES_OF_STATE,                                                 \
	    DELIVERY_COLUMNS " FROM deliveries d"                              \
	    " LEFT JOIN subscribers s ON s.id = d.subscriber"                  \
	    " WHERE d.announcement = ?1 AND d.state = ?2"                      \
	    " AND (d.due, d.id) > (?3, ?4) ORDER BY d.due, d.id LIMIT ?5")     \
	X(DELIVERIES_OF_SUBSCRIBER,                                            \
	    DELIVERY_COLUMNS " FROM deliveries d"                              \
	    " JOIN subscribers s ON s.id = d.subscriber"                       \
	    " WHERE d.subscriber = ?1"                                         \
	    " ORDER BY d.announcement DESC LIMIT ?2")                          \
                                                                               \
	X(HOLDERS,                                                             \
	    "SELECT holder FROM deliveries"                                    \
	    " WHERE holder IS NOT NULL AND holder != ?1 AND holder > ?2"       \
	    " UNION SELECT holder FROM letters"                                \
	    " WHERE holder IS NOT NULL AND holder != ?1 AND holder > ?2"       \
	    " ORDER BY 1 LIMIT ?3")                                            \
	X(CLAIMS_IN_DOUBT,                                                     \
	    "UPDATE deliveries SET state = 'in_doubt', due = 0,"               \
	    " holder = NULL, doubts = doubts + 1, changed = ?3, reply = ?4"    \
	    " WHERE holder = ?1 AND due <= ?2 AND state = 'sending'")          \
	X(LEASES_ENDED,                                                        \
	    "UPDATE deliveries SET due = 0, holder = NULL"                     \
	    " WHERE holder = ?1 AND due <= ?2 AND state != 'sending'")         \
	X(DOUBTS_QUEUED,                                                       \
	    "UPDATE deliveries SET state = 'queued', due = 0, changed = ?1"    \
	    " WHERE state = 'in_doubt' AND announcement IN"                    \
	    " (SELECT id FROM announcements"                                   \
	    " WHERE state = 'open' AND holds_doubts = 0)")                     \
	X(PAUSES_CUT,                                                          \
	    "UPDATE deliveries SET due = ?1"                                   \
	    " WHERE state IN ('queued', 'deferred') AND due > ?2"              \
	    " AND holder IS NULL AND announcement IN"                          \
	    " (SELECT id FROM announcements"                                   \
	    " WHERE state = 'open' AND begins <= ?1)")                         \
	X(DELIVERIES_EXPIRED,                                                  \
	    "UPDATE deliveries SET state = 'failed', due = 0, changed = ?1,"   \
	    " reply = ?2 WHERE state IN ('queued', 'deferred')"                \
	    " AND holder IS NULL AND announcement IN"                          \
	    " (SELECT id FROM announcements WHERE state IN"                    \
	    " ('open', 'paused') AND expires != 0 AND expires <= ?1)")         \
                                                                               \
	X(NEW_LETTER,                                                          \
	    "INSERT INTO letters (kind, subscriber, address, key, token,"      \
	    " state, due, changed, queued, expires, message) VALUES"           \
	    " (?1, nullif(?2, 0), ?3, ?4, ?5, 'queued', ?6, ?6, ?6, ?7, ?8)"   \
	    " RETURNING id")                                                   \
	X(LETTERS_WAITING,                                                     \
	    "SELECT count(*) FROM letters"                                     \
	    " WHERE state IN ('queued', 'deferred', 'sending', 'in_doubt')")   \
	X(LETTERS_DUE,                                                         \
	    LETTER_COLUMNS ", message FROM letters WHERE state = ?1"           \
	    " AND due <= ?2 AND holder IS NULL AND expires > ?2 LIMIT ?3")     \
	X(LETTER_LEASED,                                                       \
	    "UPDATE letters SET holder = ?2, due = ?3 WHERE id = ?1")          \
	X(LETTER_STANDING,                                                     \
	    "SELECT state, holder, due, 'open' FROM letters WHERE id = ?1")    \
	X(LETTER_MOVED,                                                        \
	    "UPDATE letters SET state = ?2, due = ?3, holder = ?4,"            \
	    " attempts = attempts + ?5, doubts = doubts + ?6, changed = ?7,"   \
	    " reply = iif(?8 = '', reply, ?8) WHERE id = ?1")                  \
	X(LETTERS_BY_STATE,                                                    \
	    "SELECT state, count(*), min(due) FROM letters GROUP BY state")    \
	X(LETTERS_OF_STATE,                                                    \
	    LETTER_COLUMNS ", message FROM letters"                            \
	    " WHERE state = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3")         \
	X(LETTERS_OF_KEY,                                                      \
	    LETTER_COLUMNS ", '' FROM letters"                                 \
	    " WHERE key = ?1 ORDER BY id DESC LIMIT ?2")                       \
	X(LETTER_OF_TOKEN,                                                     \
	    LETTER_COLUMNS ", message FROM letters WHERE token = ?1")          \
	X(LETTER_CLAIMS_IN_DOUBT,                                              \
	    "UPDATE letters SET state = 'in_doubt', due = 0,"                  \
	    " holder = NULL, doubts = doubts + 1, changed = ?3, reply = ?4"    \
	    " WHERE holder = ?1 AND due <= ?2 AND state = 'sending'")          \
	X(LETTER_LEASES_ENDED,                                                 \
	    "UPDATE letters SET due = 0, holder = NULL"                        \
	    " WHERE holder = ?1 AND due <= ?2 AND state != 'sending'")         \
	X(LETTER_DOUBTS_QUEUED,                                                \
	    "UPDATE letters SET state = 'queued', due = 0, changed = ?1"       \
	    " WHERE state = 'in_doubt'")                                       \
	X(LETTERS_EXPIRED,                                                     \
	    "UPDATE letters SET state = 'failed', due = 0, changed = ?1,"      \
	    " reply = iif(reply = '', ?2, ?2 || ': ' || reply)"                \
	    " WHERE state IN ('queued', 'deferred')"                           \
	    " AND holder IS NULL AND expires <= ?1")                           \
	X(LETTERS_CLEARED,                                                     \
	    "DELETE FROM letters WHERE changed <= ?1"                          \
	    " AND state IN ('sent', 'failed', 'cancelled')")                   \
	X(LETTERS_FORGOTTEN,                                                   \
	    "UPDATE letters SET address = '', key = '', message = x'',"        \
	    " reply = '', due = iif(state = 'sending', due, 0),"               \
	    " holder = iif(state = 'sending', holder, NULL), state ="          \
	    " iif(state IN ('queued', 'deferred', 'in_doubt'), 'cancelled',"   \
	    " state) WHERE key = ?1")                                          \
                                                                               \
	X(NEW_REQUEST,                                                         \
	    "INSERT INTO requests (name, token, code, address, key, list,"     \
	    " way, network, at, again, expires) VALUES"                        \
	    " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10) RETURNING id")     \
	X(REQUEST_OF_KEY,                                                      \
	    REQUEST_COLUMNS " WHERE r.key = ?1 AND r.list = ?2"                \
	    " AND r.expires > ?3 AND r.confirmed = 0 AND r.tries < ?4"         \
	    " ORDER BY r.id DESC LIMIT 1")                                     \
	X(REQUESTS_OF_KEY,                                                     \
	    REQUEST_COLUMNS " WHERE r.key = ?1 AND r.expires > ?2"             \
	    " AND r.confirmed = 0 ORDER BY r.id DESC LIMIT ?3")                \
	X(REQUESTS_OF_NAME,                                                    \
	    REQUEST_COLUMNS " WHERE r.name >= ?1 AND r.name < ?2"              \
	    " AND r.expires > ?3")                                             \
	X(REQUESTS_OF_TOKEN,                                                   \
	    REQUEST_COLUMNS " WHERE r.token >= ?1 AND r.token < ?2"            \
	    " AND r.expires > ?3")                                             \
	X(REQUEST_AGAIN, "UPDATE requests SET again = ?2 WHERE id = ?1")       \
	X(REQUEST_WRONG,                                                       \
	    "UPDATE requests SET tries = tries + 1, wrong = ?2"                \
	    " WHERE id = ?1 AND wrong != ?2")                                  \
	X(REQUEST_CONFIRMED,                                                   \
	    "UPDATE requests SET confirmed = ?2 WHERE id = ?1")                \
	X(REQUESTS_EXPIRED, "DELETE FROM requests WHERE expires <= ?1")        \
	X(REQUESTS_FORGOTTEN, "DELETE FROM requests WHERE key = ?1")           \
	X(REQUESTS_OPEN,                                                       \
	    "SELECT count(*) FROM requests WHERE list = ?1"                    \
	    " AND expires > ?2 AND confirmed = 0")                             \
	X(NEW_ASKED,                                                           \
	    "INSERT INTO asked (hash, at, network, what, mailed)"              \
	    " VALUES (?1, ?2, ?3, ?4, ?5)")                                    \
	X(ASKED_OF_ADDRESS,                                                    \
	    "SELECT coalesce(sum(mailed), 0), coalesce(max(at), 0) FROM asked" \
	    " WHERE hash = ?1 AND what = ?2 AND at > ?3")                      \
	X(ASKED_OF_NETWORK,                                                    \
	    "SELECT count(*) FROM asked WHERE network = ?1 AND at > ?2")       \
	X(ASKED_OF_ALL,                                                        \
	    "SELECT count(*) FROM asked WHERE (network = '') = ?1 AND at > ?2")\
	X(ASKED_FORGOTTEN, "DELETE FROM asked WHERE at <= ?1")                 \
	X(CERTIFICATE_BOUND,                                                   \
	    "INSERT INTO certificates (fingerprint, subscriber, since)"        \
	    " VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE"                       \
	    " SET subscriber = ?2, since = ?3 WHERE subscriber != ?2")         \
	X(SUBSCRIBER_OF_CERTIFICATE,                                           \
	    "SELECT s.id, s.since, s.address, s.token FROM certificates c"     \
	    " JOIN subscribers s ON s.id = c.subscriber"                       \
	    " WHERE c.fingerprint = ?1")                                       \
                                                                               \
	X(OFFER_OF_PAGE,                                                       \
	    OFFER_COLUMNS " WHERE host = ?1 AND page = ?2")                    \
	X(OFFER_OF_TAG,                                                        \
	    OFFER_COLUMNS " WHERE tag = ?1")                                   \
	X(OFFER_OF_ID,                                                         \
	    OFFER_COLUMNS " WHERE id = ?1")                                    \
	X(OFFERS,                                                              \
	    OFFER_COLUMNS " WHERE id > ?1 ORDER BY id LIMIT ?2")               \
	X(NEW_OFFER,                                                           \
	    "INSERT INTO offers (host, page, tag, item, ask, opens, over, many)"\
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"                         \
	    " ON CONFLICT (host, page) DO UPDATE SET item = ?4, ask = ?5,"     \
	    " opens = ?6, over = ?7, many = ?8 RETURNING id")                  \
	X(OFFER_CLOSED,                                                        \
	    "UPDATE offers SET closed = ?2 WHERE id = ?1")                     \
	X(NEW_OPTION,                                                          \
	    "INSERT INTO offer_options (offer, name, place, stock)"            \
	    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (offer, name)"               \
	    " DO UPDATE SET place = ?3, stock = ?4")                           \
	X(OPTIONS_EMPTIED,                                                     \
	    "UPDATE offer_options SET stock = 0, place = place + 1000"         \
	    " WHERE offer = ?1 AND place < 1000")                              \
	X(OPTIONS_OF_OFFER,                                                    \
	    "SELECT o.id, o.name, o.stock,"                                    \
	    " (SELECT count(*) FROM claims c WHERE c.option = o.id"            \
	    " AND c.state IN ('taken', 'shipped')),"                           \
	    " (SELECT count(*) FROM claims c WHERE c.option = o.id"            \
	    " AND c.state = 'waiting'),"                                       \
	    " (SELECT count(*) FROM claims c WHERE c.option = o.id"            \
	    " AND c.state = 'shipped')"                                        \
	    " FROM offer_options o WHERE o.offer = ?1"                         \
	    " ORDER BY o.place LIMIT ?2")                                      \
                                                                               \
	X(NEW_CLAIM,                                                           \
	    "INSERT INTO claims (offer, token, proof, address, key, state,"    \
	    " way, network, at, changed, expires, confirmed) VALUES"           \
	    " (?1, ?2, ?3, ?4, ?5, 'draft', ?6, ?7, ?8, ?8, ?9, ?10)"          \
	    " RETURNING id")                                                   \
	X(CLAIMS_OF_TOKEN,                                                     \
	    CLAIM_COLUMNS " WHERE c.token >= ?1 AND c.token < ?2")             \
	X(CLAIMS_OF_PROOF,                                                     \
	    CLAIM_COLUMNS " WHERE c.proof >= ?1 AND c.proof < ?2")             \
	X(CLAIM_OF_ID,                                                         \
	    CLAIM_COLUMNS " WHERE c.id = ?1")                                  \
	X(CLAIM_OF_PERSON,                                                     \
	    CLAIM_COLUMNS " WHERE c.key = ?1 AND c.offer = ?2"                 \
	    " AND c.confirmed != 0 AND (c.state IN ('waiting', 'taken',"       \
	    " 'shipped') OR (c.state = 'draft' AND c.expires > ?3))"           \
	    " ORDER BY (c.state = 'draft') = ?4 DESC, c.id DESC LIMIT 1")      \
	X(CLAIMS_OF_OFFER,                                                     \
	    CLAIM_COLUMNS " WHERE c.offer = ?1 AND c.state = ?2"               \
	    " AND c.id > ?3 ORDER BY c.id LIMIT ?4")                           \
	X(CLAIMS_OF_KEY,                                                       \
	    CLAIM_COLUMNS " WHERE c.key = ?1 ORDER BY c.id DESC LIMIT ?2")     \
	X(CLAIM_CHANGED,                                                       \
	    "UPDATE claims SET option = nullif(?2, 0), agreed = ?3,"           \
	    " revision = revision + 1 WHERE id = ?1")                          \
	X(CLAIM_MOVED,                                                         \
	    "UPDATE claims SET state = ?2, number = ?3, changed = ?4,"         \
	    " expires = ?5, note = ?6, revision = revision + 1 WHERE id = ?1") \
	X(CLAIM_CONFIRMED,                                                     \
	    "UPDATE claims SET confirmed = ?2, token = ?3, expires = 0,"       \
	    " revision = revision + 1 WHERE id = ?1")                          \
	X(UNCONFIRMED_OF_NETWORK,                                              \
	    "SELECT count(*) FROM claims WHERE offer = ?1 AND network = ?2"    \
	    " AND confirmed = 0 AND state IN ('taken', 'waiting')")            \
	X(CLAIMS_DOUBLE,                                                       \
	    "UPDATE claims SET state = 'expired', changed = ?3, expires = 0"   \
	    " WHERE key = ?1 AND offer = ?2 AND confirmed = 0"                 \
	    " AND state IN ('taken', 'waiting') AND id != ?4")                 \
	X(TAKEN_OF_OPTION,                                                     \
	    "SELECT count(*) FROM claims WHERE option = ?1"                    \
	    " AND state IN ('taken', 'shipped')")                              \
	X(TAKEN_OF_OFFER,                                                      \
	    "SELECT count(*) FROM claims WHERE offer = ?1"                     \
	    " AND state IN ('taken', 'shipped')")                              \
	X(STOCK_OF_OPTION,                                                     \
	    "SELECT stock FROM offer_options WHERE id = ?1")                   \
	X(LAST_IN_LINE,                                                        \
	    "SELECT coalesce(max(number), 0) FROM claims"                      \
	    " WHERE option = ?1 AND state = 'waiting'")                        \
	X(BEFORE_IN_LINE,                                                      \
	    "SELECT count(*) FROM claims WHERE option = ?1"                    \
	    " AND state = 'waiting' AND number < ?2")                          \
	X(CLAIM_NEXT_IN_LINE,                                                  \
	    CLAIM_COLUMNS " WHERE c.state = 'waiting' AND c.id ="              \
	    " (SELECT w.id FROM claims w WHERE w.option = o.id"                \
	    " AND w.state = 'waiting' ORDER BY w.number LIMIT 1)"              \
	    " AND o.offer = ?1 AND o.stock > (SELECT count(*) FROM claims t"   \
	    " WHERE t.option = o.id AND t.state IN ('taken', 'shipped'))"      \
	    " ORDER BY c.number LIMIT 1")                                      \
	X(CLAIMS_EXPIRED,                                                      \
	    "UPDATE claims SET state = 'expired', changed = ?1, expires = 0"   \
	    " WHERE expires != 0 AND expires <= ?1"                            \
	    " AND state IN ('waiting', 'taken')")                              \
	X(DRAFTS_EXPIRED,                                                      \
	    "DELETE FROM claims WHERE expires != 0 AND expires <= ?1"          \
	    " AND state = 'draft'")                                            \
	X(ANSWERS_OLD,                                                         \
	    "DELETE FROM answers WHERE claim IN (SELECT id FROM claims"        \
	    " WHERE (state = 'shipped' AND changed <= ?1)"                     \
	    " OR state IN ('withdrawn', 'expired')"                            \
	    " OR (state = 'waiting' AND offer IN (SELECT id FROM offers"       \
	    " WHERE over <= ?1 OR (closed != 0 AND closed <= ?1))))"           \
	    " AND NOT (field = 'sentence' AND claim IN (SELECT id"             \
	    " FROM claims WHERE state = 'shipped' AND agreed = 1))")           \
	X(NEW_ANSWER,                                                          \
	    "INSERT INTO answers (claim, field, value) VALUES (?1, ?2, ?3)"    \
	    " ON CONFLICT (claim, field) DO UPDATE SET value = ?3")            \
	X(ANSWER_OF_CLAIM,                                                     \
	    "SELECT value FROM answers WHERE claim = ?1 AND field = ?2")       \
	X(ANSWERS_FORGOTTEN,                                                   \
	    "DELETE FROM answers WHERE claim IN"                               \
	    " (SELECT id FROM claims WHERE key = ?1)")                         \
	X(CLAIMS_FORGOTTEN,                                                    \
	    "UPDATE claims SET address = '', key = '', network = '',"          \
	    " agreed = 0, expires = 0, note = '', state = iif(state"           \
	    " IN ('taken', 'waiting', 'draft'), 'withdrawn', state)"           \
	    " WHERE key = ?1")

enum store_question {
#define X(name, sql) name,
	STORE_QUESTIONS_ARE(X)
#undef X
	    STORE_QUESTIONS
};

#endif
