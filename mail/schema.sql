-- The store of announce, as migrations: each begins with a line that says its
-- number and is applied once, in one transaction, to a store of the number
-- before. One that was released is never changed; the next one changes what it
-- made. Instants are seconds since 1970-01-01T00:00:00Z.

-- migration 1

-- What there is one of in a store.
CREATE TABLE settings (
	-- 'salt': 32 random bytes, put before an address that is hashed.
	name TEXT PRIMARY KEY,
	-- As the name says.
	value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO settings VALUES ('salt', randomblob(32));

-- The lists that anybody was ever a member of. Which ones there are now, and
-- their titles, is for the configuration to say.
CREATE TABLE lists (
	id INTEGER PRIMARY KEY,
	-- As in the configuration.
	name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE subscribers (
	id INTEGER PRIMARY KEY,
	-- Where mail goes: domain in lower-case A-labels, local part as typed.
	address TEXT NOT NULL,
	-- The address in lower case: one person has one row.
	key TEXT NOT NULL UNIQUE,
	-- The secret in this person's links: 128 bits in base32.
	token TEXT NOT NULL UNIQUE,
	-- When the address came to be known.
	since INTEGER NOT NULL
) STRICT;

CREATE TABLE members (
	subscriber INTEGER NOT NULL REFERENCES subscribers ON DELETE CASCADE,
	list INTEGER NOT NULL REFERENCES lists,
	-- 'pending' has asked and not confirmed, 'suspended' is an address whose
	-- mail comes back; only 'active' gets announcements.
	state TEXT NOT NULL
	    CHECK (state IN ('pending', 'active', 'suspended', 'left')),
	-- When it came into this state.
	since INTEGER NOT NULL,
	-- By which way it came into this state.
	way TEXT NOT NULL CHECK (way IN
	    ('organizer', 'import', 'gemini', 'gopher', 'mail', 'bounce')),
	-- What shows that they asked for it, in words; kept when they leave.
	consent TEXT NOT NULL,
	-- What suspended or ended it, in words; empty otherwise.
	why TEXT NOT NULL,
	PRIMARY KEY (subscriber, list)
) STRICT, WITHOUT ROWID;

-- Who gets an announcement, and the pages of a list.
CREATE INDEX members_of_list ON members (list, subscriber, state);

-- Addresses that only their owner can bring back.
CREATE TABLE suppressions (
	-- SHA-256 of the salt and the address in lower case; the address itself
	-- is nowhere.
	hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
	since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE announcements (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	list INTEGER NOT NULL REFERENCES lists,
	-- Its file's path below the pages.
	page TEXT NOT NULL,
	subject TEXT NOT NULL,
	-- Its part in the Message-ID of each of its messages: public, and no
	-- other announcement's.
	token TEXT NOT NULL UNIQUE,
	-- 'done' has no delivery left that could change by itself.
	state TEXT NOT NULL
	    CHECK (state IN ('open', 'paused', 'cancelled', 'done')),
	-- When it was queued.
	queued INTEGER NOT NULL,
	-- It is not sent before this.
	begins INTEGER NOT NULL,
	-- It is not sent after this; 0 is never too late.
	expires INTEGER NOT NULL,
	-- 1: a delivery in doubt waits for the organizer; 0: it is sent again.
	holds_doubts INTEGER NOT NULL CHECK (holds_doubts IN (0, 1)),
	-- What was composed of the page when it was queued, the same for all, so
	-- that a message that is sent again is the same message. Last, since it
	-- is long and seldom read.
	message BLOB NOT NULL
) STRICT;

CREATE INDEX announcements_of_page ON announcements (page, list);
CREATE INDEX announcements_by_state ON announcements (state);

CREATE TABLE deliveries (
	id INTEGER PRIMARY KEY,
	announcement INTEGER NOT NULL REFERENCES announcements,
	-- NULL once this person was erased.
	subscriber INTEGER REFERENCES subscribers ON DELETE SET NULL,
	-- 'sending' is claimed: its message may be on the wire. 'in_doubt' was
	-- claimed by a program that died.
	-- IN has two at most, here and below: for more of them SQLite makes a
	-- table whenever a row is changed, which is half of that work.
	state TEXT NOT NULL CHECK (state IN ('queued', 'deferred')
	    OR state IN ('sending', 'sent') OR state IN ('failed', 'in_doubt')
	    OR state = 'cancelled'),
	-- What is queued or deferred is not leased before this. While it is
	-- leased, or being sent, this is when the lease ends.
	due INTEGER NOT NULL,
	-- Who leased it: the byte that they hold locked in the lock file.
	holder INTEGER CHECK (holder IS NULL
	    OR state IN ('queued', 'deferred') OR state = 'sending'),
	-- How many attempts had an outcome.
	attempts INTEGER NOT NULL DEFAULT 0,
	-- How often it was in doubt.
	doubts INTEGER NOT NULL DEFAULT 0,
	-- When it came into its state.
	changed INTEGER NOT NULL,
	-- The relay's last answer, or why it is in its state.
	reply TEXT NOT NULL DEFAULT '',
	CHECK (state != 'sending' OR holder IS NOT NULL)
) STRICT;

-- What is due, totals, and the pages of a state.
CREATE INDEX deliveries_by_state ON deliveries (announcement, state, due);
-- Nobody is in an announcement twice; and all of one person.
CREATE UNIQUE INDEX deliveries_of_subscriber
    ON deliveries (subscriber, announcement);
CREATE INDEX deliveries_leased ON deliveries (holder)
    WHERE holder IS NOT NULL;

-- Mail that came back.
CREATE TABLE bounces (
	id INTEGER PRIMARY KEY,
	subscriber INTEGER NOT NULL REFERENCES subscribers ON DELETE CASCADE,
	-- NULL where the report does not say.
	announcement INTEGER REFERENCES announcements,
	at INTEGER NOT NULL,
	-- 1: the address is said to be gone for good.
	permanent INTEGER NOT NULL CHECK (permanent IN (0, 1)),
	-- RFC 3463, such as 5.1.1; empty where none was given.
	status TEXT NOT NULL,
	-- What the other server said.
	text TEXT NOT NULL
) STRICT;

CREATE INDEX bounces_of_subscriber ON bounces (subscriber, at);

-- migration 2

-- Mail to one person, each with a message of its own.
CREATE TABLE letters (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	-- What it is for.
	kind TEXT NOT NULL CHECK (kind IN
	    ('confirm', 'leave', 'answer', 'reminder', 'turn')),
	-- NULL: to somebody who is no subscriber, or was erased.
	subscriber INTEGER REFERENCES subscribers ON DELETE SET NULL,
	-- Where it goes; empty once this person was erased.
	address TEXT NOT NULL,
	-- The address in lower case.
	key TEXT NOT NULL,
	-- Its part in its Message-ID and in the address that it comes back to:
	-- public, and no other letter's.
	token TEXT NOT NULL UNIQUE,
	-- As of a delivery.
	state TEXT NOT NULL CHECK (state IN ('queued', 'deferred', 'sending',
	    'sent', 'failed', 'in_doubt', 'cancelled')),
	due INTEGER NOT NULL,
	holder INTEGER CHECK (holder IS NULL
	    OR state IN ('queued', 'deferred', 'sending')),
	attempts INTEGER NOT NULL DEFAULT 0,
	doubts INTEGER NOT NULL DEFAULT 0,
	changed INTEGER NOT NULL,
	reply TEXT NOT NULL DEFAULT '',
	-- When it was queued, which is its date.
	queued INTEGER NOT NULL,
	-- It is not sent after this.
	expires INTEGER NOT NULL,
	-- Header and body, but for what is added when it is sent.
	message BLOB NOT NULL,
	CHECK (state != 'sending' OR holder IS NOT NULL)
) STRICT;

CREATE INDEX letters_by_state ON letters (state, due);
CREATE INDEX letters_of_key ON letters (key);
CREATE INDEX letters_of_subscriber ON letters (subscriber);
CREATE INDEX letters_leased ON letters (holder) WHERE holder IS NOT NULL;

-- Subscriptions that were asked for by somebody who has yet to show that the
-- address is theirs. Gone when they expire, whatever came of them.
CREATE TABLE requests (
	id INTEGER PRIMARY KEY,
	-- Whoever knows it may try codes: 128 bits in base32.
	name TEXT NOT NULL UNIQUE,
	-- Whoever knows it confirms: the link in the letter.
	token TEXT NOT NULL UNIQUE,
	-- Whoever knows it and the name confirms.
	code TEXT NOT NULL,
	-- As of a subscriber.
	address TEXT NOT NULL,
	key TEXT NOT NULL,
	list INTEGER NOT NULL REFERENCES lists,
	-- By which way, from where and when it was asked for first. By mail
	-- there is no network.
	way TEXT NOT NULL CHECK (way IN ('gemini', 'gopher', 'mail')),
	network TEXT NOT NULL,
	at INTEGER NOT NULL,
	-- When it was asked for last; it is not written again soon after.
	again INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	-- How many wrong codes were typed, and the last one of them.
	tries INTEGER NOT NULL DEFAULT 0,
	wrong TEXT NOT NULL DEFAULT '',
	-- When it was confirmed; 0: not yet.
	confirmed INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX requests_of_key ON requests (key, list);
CREATE INDEX requests_by_end ON requests (expires);

-- What was asked for that causes mail, for as long as limits look back.
CREATE TABLE asked (
	id INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	-- SHA-256 of the salt and the address in lower case.
	hash BLOB NOT NULL CHECK (length(hash) = 32),
	-- Of whoever asked, shortened; empty by mail.
	network TEXT NOT NULL,
	what TEXT NOT NULL CHECK (what IN ('subscribe', 'leave', 'answer')),
	-- 1: a letter was queued.
	mailed INTEGER NOT NULL CHECK (mailed IN (0, 1))
) STRICT;

CREATE INDEX asked_of_address ON asked (hash, what, at);
CREATE INDEX asked_of_network ON asked (network, at);
CREATE INDEX asked_at ON asked (at);

-- By which client certificate somebody is known.
CREATE TABLE certificates (
	-- SHA-256 of the certificate, in hexadecimal.
	fingerprint TEXT PRIMARY KEY,
	subscriber INTEGER NOT NULL REFERENCES subscribers ON DELETE CASCADE,
	since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX certificates_of_subscriber ON certificates (subscriber);

-- migration 3

-- What pages give away until there is none left. What a page says of it is
-- taken over whenever it is asked for.
CREATE TABLE offers (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	-- The site, and the page's file below its pages.
	host TEXT NOT NULL,
	page TEXT NOT NULL,
	-- Made of both: how addresses of mail name it.
	tag TEXT NOT NULL UNIQUE,
	item TEXT NOT NULL,
	-- The fields of a claim, with a space between them.
	ask TEXT NOT NULL,
	-- Open from the one up to the other.
	opens INTEGER NOT NULL,
	over INTEGER NOT NULL,
	-- 1: more than one claim a person.
	many INTEGER NOT NULL CHECK (many IN (0, 1)),
	-- When an organizer closed it, whatever the page says; 0: not.
	closed INTEGER NOT NULL DEFAULT 0,
	UNIQUE (host, page)
) STRICT;

-- What there is to choose from, such as sizes.
CREATE TABLE offer_options (
	-- Never another's, also when its page has long left it out.
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	offer INTEGER NOT NULL REFERENCES offers,
	name TEXT NOT NULL,
	-- Where it stands among them.
	place INTEGER NOT NULL,
	-- How many there are, or were before any was taken.
	stock INTEGER NOT NULL CHECK (stock >= 0),
	UNIQUE (offer, name)
) STRICT;

CREATE TABLE claims (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	offer INTEGER NOT NULL REFERENCES offers,
	-- Whoever knows it fills in and withdraws: the form's address.
	token TEXT NOT NULL UNIQUE,
	-- Whoever knows it owns the address: the link in the letter.
	proof TEXT NOT NULL UNIQUE,
	-- As of a subscriber; empty once this person was erased.
	address TEXT NOT NULL,
	key TEXT NOT NULL,
	-- 'draft' holds nothing; 'taken' and 'shipped' have one of their
	-- option's stock; the last two have given it back.
	state TEXT NOT NULL CHECK (state IN ('draft', 'waiting', 'taken',
	    'shipped', 'withdrawn', 'expired')),
	-- NULL: not chosen yet.
	option INTEGER REFERENCES offer_options,
	-- Which one of how many it was when it was taken; or whose turn it is
	-- among those who wait.
	number INTEGER NOT NULL DEFAULT 0,
	-- By which way, from where and when it was begun.
	way TEXT NOT NULL CHECK (way IN ('gemini', 'gopher', 'mail')),
	network TEXT NOT NULL,
	at INTEGER NOT NULL,
	-- When it came into its state.
	changed INTEGER NOT NULL,
	-- When it expires; 0: never.
	expires INTEGER NOT NULL,
	-- When the address was shown to be theirs; 0: not yet.
	confirmed INTEGER NOT NULL,
	-- 1: their sentence may be published.
	agreed INTEGER NOT NULL DEFAULT 0 CHECK (agreed IN (0, 1)),
	-- How often it was changed, which makes each page of it a fresh one.
	revision INTEGER NOT NULL DEFAULT 0,
	-- What the organizer said when it was shipped.
	note TEXT NOT NULL DEFAULT '',
	CHECK (state IN ('draft', 'withdrawn', 'expired')
	    OR option IS NOT NULL)
) STRICT;

-- How many are left of an option, and who is next.
CREATE INDEX claims_of_option ON claims (option, state, number);
CREATE INDEX claims_of_offer ON claims (offer, state);
CREATE INDEX claims_of_key ON claims (key, offer);
CREATE INDEX claims_by_end ON claims (expires) WHERE expires != 0;

-- What people wrote into a claim.
CREATE TABLE answers (
	claim INTEGER NOT NULL REFERENCES claims ON DELETE CASCADE,
	-- Of the offer's `ask`.
	field TEXT NOT NULL,
	-- Sealed (mail/seal.h), bound to the claim and the field.
	value BLOB NOT NULL,
	PRIMARY KEY (claim, field)
) STRICT, WITHOUT ROWID;

-- Claims count against limits, too.
CREATE TABLE asked_and_claimed (
	id INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	hash BLOB NOT NULL CHECK (length(hash) = 32),
	network TEXT NOT NULL,
	what TEXT NOT NULL
	    CHECK (what IN ('subscribe', 'leave', 'answer', 'claim')),
	mailed INTEGER NOT NULL CHECK (mailed IN (0, 1))
) STRICT;

INSERT INTO asked_and_claimed SELECT * FROM asked;
DROP TABLE asked;
ALTER TABLE asked_and_claimed RENAME TO asked;
CREATE INDEX asked_of_address ON asked (hash, what, at);
CREATE INDEX asked_of_network ON asked (network, at);
CREATE INDEX asked_at ON asked (at);

-- migration 4

-- Announcements of which so much was refused at once that it says more of the
-- relay than of these people (mail/brake.h).
CREATE TABLE brakes (
	announcement INTEGER PRIMARY KEY REFERENCES announcements,
	-- 'on': what is refused is held against nobody. 'off': an organizer
	-- has let it go on; what was sent before still is not. 'overruled': an
	-- organizer said that these addresses are gone.
	state TEXT NOT NULL
	    CHECK (state IN ('on', 'off') OR state = 'overruled'),
	-- When it came into its state.
	changed INTEGER NOT NULL,
	-- 1: it came back by mail; 0: the relay refused it.
	by_mail INTEGER NOT NULL CHECK (by_mail IN (0, 1)),
	-- How many of how many, among those who stand close together.
	refused INTEGER NOT NULL,
	answered INTEGER NOT NULL,
	-- The last one's, without its address; empty once somebody was erased.
	reply TEXT NOT NULL
) STRICT;

-- 1: of a brake, and held against nobody.
ALTER TABLE bounces ADD COLUMN excused INTEGER NOT NULL DEFAULT 0
    CHECK (excused IN (0, 1));
CREATE INDEX bounces_of_announcement ON bounces (announcement)
    WHERE announcement IS NOT NULL;

-- Of what is suspended: since and way as they were before, for when that was a
-- mistake.
ALTER TABLE members ADD COLUMN was_since INTEGER;
ALTER TABLE members ADD COLUMN was_way TEXT;
