BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0005');
CREATE TABLE api_tokens (
	id VARCHAR(16) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	revoked_at DATETIME, 
	CONSTRAINT pk_api_tokens PRIMARY KEY (id), 
	CONSTRAINT uq_api_tokens_hash UNIQUE (hash)
);
CREATE TABLE blacklist_audit (
	id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	who VARCHAR(100) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	action VARCHAR(32) NOT NULL, 
	subject VARCHAR(16) NOT NULL, 
	details JSON NOT NULL, 
	CONSTRAINT pk_blacklist_audit PRIMARY KEY (id)
);
INSERT INTO "blacklist_audit" VALUES(1,'2099-11-24 09:00:00.000000','salem','supervisor','added','+966500000001','{"entry": "d98b099711b148542b0de219f5a696a8", "kind": "number", "disposition": "block", "reason": "harassment", "note": "", "calls": [], "recordings": [], "source": "person", "until": "2099-12-24T09:00:00+00:00", "review_at": null}');
INSERT INTO "blacklist_audit" VALUES(2,'2099-11-24 09:00:00.000000','maha','manager','allowed','+966500000002','{"entry": "6c0f9ade9d5a4585176140f64872eea2", "kind": "allow", "disposition": "allow", "reason": "", "note": "hospital", "calls": [], "recordings": [], "source": "person", "until": null, "review_at": null}');
INSERT INTO "blacklist_audit" VALUES(3,'2099-11-24 09:00:00.000000','amal','operator','strike','+966500000003','{"reason": "silent_call", "threat": false, "note": "", "call_id": "c1", "recording": ""}');
INSERT INTO "blacklist_audit" VALUES(4,'2099-11-24 09:00:00.000000','badr','operator','strike','+966500000003','{"reason": "silent_call", "threat": false, "note": "", "call_id": "c1", "recording": ""}');
INSERT INTO "blacklist_audit" VALUES(5,'2099-11-24 09:00:00.000000','hind','operator','strike','+966500000003','{"reason": "silent_call", "threat": false, "note": "", "call_id": "c1", "recording": ""}');
INSERT INTO "blacklist_audit" VALUES(6,'2099-11-24 09:00:00.000000','hind','operator','added','+966500000003','{"entry": "40f4f039697c48c54f83be43bb1a0ad0", "kind": "number", "disposition": "voicemail", "reason": "silent_call", "note": "", "calls": ["c1", "c1", "c1"], "recordings": [], "source": "strikes", "until": "2099-12-01T09:00:00+00:00", "review_at": null}');
INSERT INTO "blacklist_audit" VALUES(7,'2099-11-24 09:00:00.000000','maha','manager','asked','+96650000001','{"entry": "0c641458b28471a4d600aad5919ffd9b", "kind": "prefix", "disposition": "block", "reason": "harassment", "note": "", "calls": [], "recordings": [], "source": "person", "until": "2099-11-27T09:00:00+00:00", "review_at": null}');
INSERT INTO "blacklist_audit" VALUES(8,'2099-11-24 09:00:00.000000','nada','manager','approved','+96650000001','{"entry": "0c641458b28471a4d600aad5919ffd9b", "replay": {"days": 90, "calls": 0, "callers": 0, "with_rule": {"stopped": 0, "genuine": 0, "nuisance": 0, "shared": 0, "unknown": 0}, "without_rule": {"stopped": 0, "genuine": 0, "nuisance": 0, "shared": 0, "unknown": 0}, "at": "2099-11-24T09:00:00+00:00"}}');
CREATE TABLE blacklist_entries (
	id VARCHAR(32) NOT NULL, 
	kind VARCHAR(8) NOT NULL, 
	subject VARCHAR(16) NOT NULL, 
	disposition VARCHAR(16) NOT NULL, 
	reason VARCHAR(32) NOT NULL, 
	note VARCHAR(500) NOT NULL, 
	calls JSON NOT NULL, 
	recordings JSON NOT NULL, 
	source VARCHAR(16) NOT NULL, 
	who VARCHAR(100) NOT NULL, 
	approved_by VARCHAR(100), 
	replay JSON NOT NULL, 
	added_at DATETIME NOT NULL, 
	until DATETIME, 
	review_at DATETIME, 
	ended_at DATETIME, 
	ended_why VARCHAR(16) NOT NULL, 
	CONSTRAINT pk_blacklist_entries PRIMARY KEY (id)
);
INSERT INTO "blacklist_entries" VALUES('d98b099711b148542b0de219f5a696a8','number','+966500000001','block','harassment','','[]','[]','person','salem',NULL,'{}','2099-11-24 09:00:00.000000','2099-12-24 09:00:00.000000',NULL,NULL,'');
INSERT INTO "blacklist_entries" VALUES('6c0f9ade9d5a4585176140f64872eea2','allow','+966500000002','allow','','hospital','[]','[]','person','maha',NULL,'{}','2099-11-24 09:00:00.000000',NULL,NULL,NULL,'');
INSERT INTO "blacklist_entries" VALUES('40f4f039697c48c54f83be43bb1a0ad0','number','+966500000003','voicemail','silent_call','','["c1", "c1", "c1"]','[]','strikes','hind',NULL,'{}','2099-11-24 09:00:00.000000','2099-12-01 09:00:00.000000',NULL,NULL,'');
INSERT INTO "blacklist_entries" VALUES('0c641458b28471a4d600aad5919ffd9b','prefix','+96650000001','block','harassment','','[]','[]','person','maha','nada','{"days": 90, "calls": 0, "callers": 0, "with_rule": {"stopped": 0, "genuine": 0, "nuisance": 0, "shared": 0, "unknown": 0}, "without_rule": {"stopped": 0, "genuine": 0, "nuisance": 0, "shared": 0, "unknown": 0}, "at": "2099-11-24T09:00:00+00:00"}','2099-11-24 09:00:00.000000','2099-11-27 09:00:00.000000',NULL,NULL,'');
CREATE TABLE blacklist_reviews (
	id INTEGER NOT NULL, 
	number VARCHAR(16) NOT NULL, 
	call_id VARCHAR(100) NOT NULL, 
	recording_ref VARCHAR(200) NOT NULL, 
	opened_at DATETIME NOT NULL, 
	due_at DATETIME NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	decided_at DATETIME, 
	decided_by VARCHAR(100), 
	why VARCHAR(500) NOT NULL, 
	CONSTRAINT pk_blacklist_reviews PRIMARY KEY (id)
);
CREATE TABLE blacklist_strikes (
	id VARCHAR(32) NOT NULL, 
	number VARCHAR(16) NOT NULL, 
	operator VARCHAR(100) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	at DATETIME NOT NULL, 
	reason VARCHAR(32) NOT NULL, 
	threat BOOLEAN NOT NULL, 
	note VARCHAR(500) NOT NULL, 
	call_id VARCHAR(100) NOT NULL, 
	recording VARCHAR(200) NOT NULL, 
	lifted_at DATETIME, 
	CONSTRAINT pk_blacklist_strikes PRIMARY KEY (id)
);
INSERT INTO "blacklist_strikes" VALUES('46e6e4429fd12b6245628d1dfd36ff92','+966500000003','amal','operator','2099-11-24 09:00:00.000000','silent_call',0,'','c1','',NULL);
INSERT INTO "blacklist_strikes" VALUES('970afa21afb0584fd8eb5e00ed6521a4','+966500000003','badr','operator','2099-11-24 09:00:00.000000','silent_call',0,'','c1','',NULL);
INSERT INTO "blacklist_strikes" VALUES('0dabc5a5f05a5ba2535281298a638618','+966500000003','hind','operator','2099-11-24 09:00:00.000000','silent_call',0,'','c1','',NULL);
CREATE TABLE call_events (
	call_id VARCHAR(32) NOT NULL, 
	position INTEGER NOT NULL, 
	turn INTEGER NOT NULL, 
	node VARCHAR(64) NOT NULL, 
	language VARCHAR(8) NOT NULL, 
	prompts JSON NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	input VARCHAR(64) NOT NULL, 
	at DATETIME NOT NULL, 
	ms INTEGER NOT NULL, 
	CONSTRAINT pk_call_events PRIMARY KEY (call_id, position), 
	CONSTRAINT fk_call_events_call_id_calls FOREIGN KEY(call_id) REFERENCES calls (id)
);
INSERT INTO "call_events" VALUES('c83cdcb0a5395e96bd1175c020a45b40',0,1,'language','ar','["welcome", "danger", "language"]','digits','1','2099-11-24 09:00:00.000000',0);
INSERT INTO "call_events" VALUES('c83cdcb0a5395e96bd1175c020a45b40',1,2,'main','ar','["main"]','digits','1','2099-11-24 09:00:00.000000',0);
INSERT INTO "call_events" VALUES('c83cdcb0a5395e96bd1175c020a45b40',2,3,'report_group','ar','["danger", "report_group"]','digits','2','2099-11-24 09:00:00.000000',0);
INSERT INTO "call_events" VALUES('c83cdcb0a5395e96bd1175c020a45b40',3,4,'report_service_2','ar','["report_service", "report_service_2"]','digits','1','2099-11-24 09:00:00.000000',0);
INSERT INTO "call_events" VALUES('c83cdcb0a5395e96bd1175c020a45b40',4,5,'location','ar','["location"]','digits','1','2099-11-24 09:00:00.000000',0);
INSERT INTO "call_events" VALUES('c83cdcb0a5395e96bd1175c020a45b40',5,6,'ask_building','ar','["ask_building"]','digits','4 keys','2099-11-24 09:00:00.000000',0);
INSERT INTO "call_events" VALUES('c83cdcb0a5395e96bd1175c020a45b40',6,7,'ask_postal','ar','["ask_postal"]','digits','5 keys','2099-11-24 09:00:00.000000',0);
INSERT INTO "call_events" VALUES('c83cdcb0a5395e96bd1175c020a45b40',7,8,'location_readback','ar','["location_readback"]','digits','1','2099-11-24 09:00:00.000000',0);
INSERT INTO "call_events" VALUES('c83cdcb0a5395e96bd1175c020a45b40',8,9,'description','ar','["description", "record_notice"]','recording','3000 ms','2099-11-24 09:00:00.000000',0);
INSERT INTO "call_events" VALUES('c83cdcb0a5395e96bd1175c020a45b40',9,10,'keep_recording','ar','["keep_recording"]','digits','1','2099-11-24 09:00:00.000000',0);
INSERT INTO "call_events" VALUES('c83cdcb0a5395e96bd1175c020a45b40',10,11,'confirm','ar','["confirm"]','digits','1','2099-11-24 09:00:00.000000',0);
INSERT INTO "call_events" VALUES('c83cdcb0a5395e96bd1175c020a45b40',11,12,'open_report','ar','[]','effect','opened','2099-11-24 09:00:00.000000',0);
INSERT INTO "call_events" VALUES('c83cdcb0a5395e96bd1175c020a45b40',12,13,'reference','ar','["reference"]','hangup','','2099-11-24 09:00:00.000000',0);
INSERT INTO "call_events" VALUES('c83cdcb0a5395e96bd1175c020a45b40',13,14,'reference','ar','[]','end','hangup','2099-11-24 09:00:00.000000',0);
CREATE TABLE calls (
	id VARCHAR(32) NOT NULL, 
	channel VARCHAR(16) NOT NULL, 
	provider_id VARCHAR(200) NOT NULL, 
	caller VARCHAR(64) NOT NULL, 
	e164 VARCHAR(16), 
	withheld BOOLEAN NOT NULL, 
	attestation VARCHAR(1) NOT NULL, 
	language VARCHAR(8) NOT NULL, 
	flow VARCHAR(64) NOT NULL, 
	flow_version INTEGER NOT NULL, 
	verdict VARCHAR(16) NOT NULL, 
	verdict_reason VARCHAR(64) NOT NULL, 
	screening VARCHAR(16) NOT NULL, 
	started_at DATETIME NOT NULL, 
	answered_at DATETIME, 
	ended_at DATETIME, 
	disposition VARCHAR(16) NOT NULL, 
	transferred_to VARCHAR(32) NOT NULL, 
	tickets JSON NOT NULL, 
	last_node VARCHAR(64) NOT NULL, 
	turns INTEGER NOT NULL, 
	path JSON NOT NULL, 
	CONSTRAINT pk_calls PRIMARY KEY (id)
);
INSERT INTO "calls" VALUES('c83cdcb0a5395e96bd1175c020a45b40','asterisk','1795510800.1','+966501234567','+966501234567',0,'A','ar','940',1,'allow','','ok','2099-11-24 09:00:00.000000','2099-11-24 09:00:00.000000','2099-11-24 09:00:00.000000','completed','','["551707443"]','reference',14,'["welcome", "language", "main", "report_group", "report_service_2", "location", "ask_building", "ask_postal", "location_readback", "description", "keep_recording", "confirm", "open_report", "reference"]');
INSERT INTO "calls" VALUES('5532db03c6b85653981262d1b2bb69e9','asterisk','1795510800.2','+966501234567','+966501234567',0,'A','ar','940',1,'allow','','ok','2099-11-24 09:00:00.000000','2099-11-24 09:00:00.000000',NULL,'','','[]','language',0,'[]');
CREATE TABLE deliveries (
	id VARCHAR(32) NOT NULL, 
	ticket_id VARCHAR(36) NOT NULL, 
	destination VARCHAR(64) NOT NULL, 
	event VARCHAR(32) NOT NULL, 
	ticket_version INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	attempts INTEGER NOT NULL, 
	attempts_before_retry INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	next_attempt_at DATETIME NOT NULL, 
	queued_at DATETIME, 
	queue_count INTEGER NOT NULL, 
	lease_token VARCHAR(32), 
	lease_until DATETIME, 
	last_status INTEGER, 
	last_error VARCHAR(500), 
	acknowledged_at DATETIME, 
	remote_id VARCHAR(100), 
	CONSTRAINT pk_deliveries PRIMARY KEY (id), 
	CONSTRAINT fk_deliveries_ticket_id_tickets FOREIGN KEY(ticket_id) REFERENCES tickets (idempotency_key), 
	CONSTRAINT uq_deliveries_ticket_id_destination_event_ticket_version UNIQUE (ticket_id, destination, event, ticket_version)
);
INSERT INTO "deliveries" VALUES('200e5153669f42168d4b2dd57a968b8c','698c215c-d27b-4121-a5c7-4ebd300073e8','backoffice','ticket.opened',1,'pending',0,0,'2026-11-28 08:54:57.582392','2026-11-28 08:54:57.582392',NULL,0,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE delivery_attempts (
	delivery_id VARCHAR(32) NOT NULL, 
	number INTEGER NOT NULL, 
	started_at DATETIME NOT NULL, 
	ended_at DATETIME, 
	outcome VARCHAR(16), 
	status INTEGER, 
	error VARCHAR(500), 
	CONSTRAINT pk_delivery_attempts PRIMARY KEY (delivery_id, number), 
	CONSTRAINT fk_delivery_attempts_delivery_id_deliveries FOREIGN KEY(delivery_id) REFERENCES deliveries (id)
);
CREATE TABLE pins (
	id VARCHAR(16) NOT NULL, 
	number VARCHAR(3) NOT NULL, 
	hash VARCHAR(200) NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	revoked_at DATETIME, 
	CONSTRAINT pk_pins PRIMARY KEY (id)
);
CREATE TABLE recordings (
	id VARCHAR(32) NOT NULL, 
	call_id VARCHAR(32) NOT NULL, 
	turn INTEGER NOT NULL, 
	provider_sid VARCHAR(34) NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	attempts INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	next_attempt_at DATETIME NOT NULL, 
	queued_at DATETIME, 
	queue_count INTEGER NOT NULL, 
	lease_token VARCHAR(32), 
	lease_until DATETIME, 
	last_error VARCHAR(100), 
	bytes INTEGER, 
	seconds FLOAT, 
	fetched_at DATETIME, 
	delete_after DATETIME, 
	removed_at DATETIME, 
	CONSTRAINT pk_recordings PRIMARY KEY (id), 
	CONSTRAINT uq_recordings_provider_sid UNIQUE (provider_sid), 
	CONSTRAINT uq_recordings_name UNIQUE (name), 
	CONSTRAINT uq_recordings_call_id_turn UNIQUE (call_id, turn)
);
CREATE TABLE tickets (
	idempotency_key VARCHAR(36) NOT NULL, 
	service_request_id VARCHAR(9) NOT NULL, 
	origin VARCHAR(200) NOT NULL, 
	jurisdiction_id VARCHAR(100) NOT NULL, 
	service_code VARCHAR(32) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	channel VARCHAR(16) NOT NULL, 
	status VARCHAR(32) NOT NULL, 
	requested_datetime DATETIME NOT NULL, 
	updated_datetime DATETIME NOT NULL, 
	expected_datetime DATETIME, 
	language VARCHAR(8) NOT NULL, 
	caller_id_withheld BOOLEAN NOT NULL, 
	location_verified BOOLEAN NOT NULL, 
	call_id VARCHAR(100), 
	version INTEGER NOT NULL, 
	phone VARCHAR(16), 
	first_name VARCHAR(100), 
	last_name VARCHAR(100), 
	description VARCHAR(4000), 
	lat FLOAT, 
	long FLOAT, 
	address_string VARCHAR(500), 
	address_id VARCHAR(8), 
	address JSON NOT NULL, 
	location_source VARCHAR(32), 
	sub_municipality VARCHAR(8), 
	attributes JSON NOT NULL, 
	agency_responsible JSON NOT NULL, 
	priority VARCHAR(16) NOT NULL, 
	parent_service_request_id VARCHAR(9), 
	recording_ref VARCHAR(200), 
	callback_requested BOOLEAN NOT NULL, 
	satisfaction INTEGER, 
	external_ids JSON NOT NULL, 
	CONSTRAINT pk_tickets PRIMARY KEY (idempotency_key), 
	CONSTRAINT uq_tickets_origin UNIQUE (origin), 
	CONSTRAINT uq_tickets_service_request_id UNIQUE (service_request_id)
);
INSERT INTO "tickets" VALUES('698c215c-d27b-4121-a5c7-4ebd300073e8','551707443','call:c83cdcb0a5395e96bd1175c020a45b40:12','jeddah.gov.sa','RD_HOLE','report','phone','open','2099-11-24 09:00:00.000000','2099-11-24 09:00:00.000000','2099-11-27 09:00:00.000000','ar',0,0,'c83cdcb0a5395e96bd1175c020a45b40',1,'+966501234567',NULL,NULL,NULL,NULL,NULL,'7421, 23218',NULL,'{"building_number": "7421", "postal_code": "23218"}','number_plate',NULL,'{"call_channel": "asterisk", "verdict": "allow", "attestation": "A", "flow": "940@1", "recording_ms": 3000}','["roads"]','normal',NULL,'c83cdcb0a5395e96bd1175c020a45b40-9',0,NULL,'{}');
CREATE INDEX ix_tickets_call_id ON tickets (call_id);
CREATE INDEX ix_tickets_phone ON tickets (phone);
CREATE INDEX ix_tickets_requested_datetime ON tickets (requested_datetime);
CREATE INDEX ix_tickets_service_code ON tickets (service_code);
CREATE INDEX ix_deliveries_state_next_attempt_at ON deliveries (state, next_attempt_at);
CREATE INDEX ix_calls_e164 ON calls (e164);
CREATE INDEX ix_calls_started_at ON calls (started_at);
CREATE INDEX ix_calls_open ON calls (started_at) WHERE ended_at IS NULL;
CREATE INDEX ix_recordings_state_next_attempt_at ON recordings (state, next_attempt_at);
CREATE UNIQUE INDEX uq_blacklist_entries_standing ON blacklist_entries (kind, subject) WHERE ended_at IS NULL;
CREATE INDEX ix_blacklist_entries_subject ON blacklist_entries (subject);
CREATE INDEX ix_blacklist_strikes_number_at ON blacklist_strikes (number, at);
CREATE INDEX ix_blacklist_strikes_at ON blacklist_strikes (at);
CREATE INDEX ix_blacklist_reviews_state_due_at ON blacklist_reviews (state, due_at);
CREATE UNIQUE INDEX uq_blacklist_reviews_open ON blacklist_reviews (number) WHERE state = 'open';
CREATE INDEX ix_blacklist_audit_at ON blacklist_audit (at);
CREATE INDEX ix_blacklist_audit_subject ON blacklist_audit (subject);
CREATE TRIGGER blacklist_audit_no_update BEFORE UPDATE ON blacklist_audit BEGIN SELECT RAISE(ABORT, 'the audit of the blocklist is never changed'); END;
CREATE TRIGGER blacklist_audit_no_delete BEFORE DELETE ON blacklist_audit BEGIN SELECT RAISE(ABORT, 'the audit of the blocklist is never changed'); END;
CREATE INDEX ix_pins_number ON pins (number);
COMMIT;
