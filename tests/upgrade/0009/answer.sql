--
-- PostgreSQL database dump
--


-- Dumped from database version 18.4
-- Dumped by pg_dump version 18.4

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: alembic_version; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);


--
-- Name: connections; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.connections (
    id character varying(32) NOT NULL,
    revision integer NOT NULL,
    service character varying(255) NOT NULL,
    name_typed character varying(255) NOT NULL,
    name_key character varying(255) NOT NULL,
    site_url text NOT NULL,
    application_name text NOT NULL,
    settings json NOT NULL,
    enabled boolean NOT NULL,
    client_id character varying(255),
    current_secret text,
    pending_secret text,
    marker_setting character varying(255),
    marker_spelling text,
    rules json NOT NULL,
    undoing boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    settle double precision,
    absent boolean NOT NULL,
    proved_at timestamp with time zone,
    label text NOT NULL,
    adopted boolean NOT NULL,
    kept json NOT NULL,
    former json NOT NULL
);


--
-- Name: leases; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.leases (
    name character varying(64) NOT NULL,
    holder character varying(128),
    fence integer NOT NULL,
    expires_at timestamp with time zone NOT NULL
);


--
-- Name: notes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.notes (
    key character varying(255) NOT NULL,
    value text NOT NULL,
    created_at timestamp with time zone NOT NULL
);


--
-- Name: operations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.operations (
    id character varying(32) NOT NULL,
    message_id character varying(255),
    connection_id character varying(32),
    room_id character varying(255),
    thread_id character varying(255),
    user_id character varying(255),
    username character varying(255),
    kind character varying(64) NOT NULL,
    words text NOT NULL,
    state character varying(16) NOT NULL,
    reply_id character varying(32) NOT NULL,
    reply_text text,
    delivered boolean NOT NULL,
    receipt json,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    origin character varying(16) NOT NULL,
    due character varying(64),
    until timestamp with time zone
);


--
-- Name: schedules; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schedules (
    kind character varying(16) NOT NULL,
    value json NOT NULL,
    updated_at timestamp with time zone NOT NULL
);


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.alembic_version VALUES ('0009');


--
-- Data for Name: connections; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.connections VALUES ('36666dc2', 5, 'encvoyid', 'Encvoy ID', 'Encvoyid', 'http://127.0.0.1:3000', 'Rocket.Chat (127.0.0.1:3000)', '{"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "show_button": true}', true, 'iGOv2rbcQI664cUROS3NxH', 'gAAAAABrCr0g5FVLfd96gGPAW98UkU4xlCw9J96mkihUrT23eWRASGlm6XMRRllkMuEZNc46n0s7tDOPf0sep_m1_DRJl8dy0kyUtce09Qfr7ZneSlxgHx-d0XXyo2TdY9bxcT6EdWJVrVfc1oY8Zsh7RzkpoFNJRmEcj0SLzvQKBzpp05j4Zz19abLgu3vgS3-uZxH6AaQUieAIofkbgCE08GIVjKB-hblEvLYi8KJRCkrWqAzddwM=', NULL, 'button_label_color', '#ffffff', '["email", "login"]', false, '2026-11-28 11:38:01.484598+00', '2026-11-28 11:38:08.461123+00', 2.51, false, '2026-11-28 11:38:08.438878+00', 'Sign in with Encvoy ID', false, '{}', '[]');


--
-- Data for Name: leases; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.leases VALUES ('leader', 'vm:16647:cc29e7e1', 1, '2026-11-28 11:38:30.387525+00');


--
-- Data for Name: notes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.notes VALUES ('fingerprints', 'gAAAAABrCr0Yrf2I_K0ypDu9CCuAFBBhC6jSqtXs1SaYO20hZtDUcoXcjP_UzWzf9xT3BVgV5kyf_MpzdNOAUpPNg9Qu6hysbLuoWsmh1OKDpR7WgcFxVokmbS1fVYdzPBH-J69t0ZUcs5tCa2yaOHgtfOwtZMiUVBhLojscEBF9gQDRCMOeW_fHntC6ZT-guhaSbX-zm60RhiemEO4t632bYb9nU75MQHnoFadh1QSVwMbag6QixbA=', '2026-11-28 11:38:00.475936+00');
INSERT INTO public.notes VALUES ('admin room: sso-admins', 'GQiKZLSwAcCdXjA39', '2026-11-28 11:38:00.698542+00');
INSERT INTO public.notes VALUES ('slash commands are off: GQiKZLSwAcCdXjA39', 'said', '2026-11-28 11:38:01.095725+00');
INSERT INTO public.notes VALUES ('watch', '{"state":{"sight":null,"since":null,"tested_at":null,"suspected_at":null,"unchecked":[],"incident":null,"changes":[],"flapping":null,"mute":null,"seen":{"rocketchat":"8.8","encvoy":"1.0.10"},"told":{"rocketchat":"8.8","encvoy":"1.0.10"},"versions_told":0,"late":[],"days":[]},"owed":[]}', '2026-11-28 11:38:01.297839+00');
INSERT INTO public.notes VALUES ('said that e-mail links', 'said', '2026-11-28 11:38:01.326665+00');
INSERT INTO public.notes VALUES ('heard until', '2026-11-28T11:38:05.713000+00:00', '2026-11-28 11:38:05.742162+00');


--
-- Data for Name: operations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.operations VALUES ('57caf1504a43', '9iBkWM3Pn3t9E6KFW', '36666dc2', 'GQiKZLSwAcCdXjA39', '9iBkWM3Pn3t9E6KFW', 'dmfeMCbeLrq5XDdo2', 'admin', 'setup', 'setup', 'done', 'NgqZWDo5KQssu8KDo', '✓ On: the login page shows ` `, and Rocket.Chat itself uses the secret that Encvoy ID accepts.
Created: OAuth service `encvoyid`, application `Rocket.Chat (127.0.0.1:3000)` `iGOv2rbcQI664cUROS3NxH`, secret with the fingerprint 05d9.
Encvoy ID will ask each person once to make login name and e-mail visible; they then become visible to every application of that Encvoy ID.
✓ 29 checks passed; `!sso test --all` lists them.
• Existing accounts: 4 of 5 accounts are active and have an e-mail address. Anyone who signs in at Encvoy ID with the address of an account gets into that account, including an administrator''s, regardless of the service''s settings (Rocket.Chat 8.8 links by e-mail); anyone who got into another one through `encvoyid` before may be refused instead. 3 of them are administrators: `admin`, `admin2`, `ssobot`. Rocket.Chat does not list which accounts have a password, or which service they came through.
• Otherwise, anyone with the user name of an existing account is refused, unless they came through `encvoyid` before; anyone else who is new gets a new account.
• Rocket.Chat''s newer login engine, the only one from 9.0 on, does not link by e-mail: it refuses anyone who would be linked now. `!sso setup --no-email` leaves e-mail addresses out.
Next: `!sso test`', true, '{"outcome": "done", "changes": ["CreateService", "CreateApplication", "WriteApplicationSecret", "AttachRules", "WriteService", "Prove", "CommitSecret", "SwitchService", "AwaitLive"], "gap": null, "seen_by": null, "instances": 1, "proof": {"previous_refused": null, "random_refused": true}, "in_use": null, "in_use_later": null, "reason": "", "fingerprint_before": null, "fingerprint_after": "05d9"}', '2026-11-28 11:38:00.83769+00', '2026-11-28 11:38:04.900759+00', 'message', NULL, NULL);
INSERT INTO public.operations VALUES ('3ab896620100', 'csJqM5J2YRt4AABMz', '36666dc2', 'GQiKZLSwAcCdXjA39', 'csJqM5J2YRt4AABMz', 'dmfeMCbeLrq5XDdo2', 'admin', 'rotate', 'rotate', 'done', '3BWmN5xFGKSTqL2QZ', '✓ Rotated: both sides have the new secret (fingerprint adaf).
Sign-ins may have failed for 57 ms at most: from the last time Rocket.Chat was known to use the old secret until Encvoy ID accepted the new one.
Verified: the new secret is accepted, the previous one and a random one are refused.
Rocket.Chat itself uses the new secret: Encvoy ID accepted it from there, at once and once more later.
Next: `!sso test`', false, '{"outcome": "done", "changes": ["WriteServiceSecret", "AwaitLive", "WriteApplicationSecret", "Prove", "ProveInUse", "CommitSecret", "ProveInUse"], "gap": 0.056759392013191245, "seen_by": "poll", "instances": 1, "proof": {"previous_refused": true, "random_refused": true}, "in_use": {"use": "proved", "words": ""}, "in_use_later": {"use": "proved", "words": ""}, "reason": "", "fingerprint_before": "05d9", "fingerprint_after": "adaf"}', '2026-11-28 11:38:05.619488+00', '2026-11-28 11:38:11.551527+00', 'message', NULL, NULL);


--
-- Data for Name: schedules; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: connections pk_connections; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT pk_connections PRIMARY KEY (id);


--
-- Name: leases pk_leases; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.leases
    ADD CONSTRAINT pk_leases PRIMARY KEY (name);


--
-- Name: notes pk_notes; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.notes
    ADD CONSTRAINT pk_notes PRIMARY KEY (key);


--
-- Name: operations pk_operations; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operations
    ADD CONSTRAINT pk_operations PRIMARY KEY (id);


--
-- Name: schedules pk_schedules; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT pk_schedules PRIMARY KEY (kind);


--
-- Name: connections uq_connections_service; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT uq_connections_service UNIQUE (service);


--
-- Name: operations uq_operations_due; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operations
    ADD CONSTRAINT uq_operations_due UNIQUE (due);


--
-- Name: operations uq_operations_message_id; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.operations
    ADD CONSTRAINT uq_operations_message_id UNIQUE (message_id);


--
-- Name: ix_operations_delivered; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_operations_delivered ON public.operations USING btree (delivered);


--
-- Name: ix_operations_kind_created_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_operations_kind_created_at ON public.operations USING btree (kind, created_at);


--
-- PostgreSQL database dump complete
--


