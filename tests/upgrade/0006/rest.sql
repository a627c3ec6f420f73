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
    absent boolean NOT NULL
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
    origin character varying(16) NOT NULL
);


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.alembic_version VALUES ('0006');


--
-- Data for Name: connections; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.connections VALUES ('b8799c50', 5, 'encvoyid', 'Encvoy ID', 'Encvoyid', 'http://127.0.0.1:3000', 'Rocket.Chat (127.0.0.1:3000)', '{"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "button_label_text": "Sign in with Encvoy ID", "show_button": true}', true, 'iGOv2rbcQI664cUROS3NxH', 'gAAAAABrCj3ucOMZN2YjdsLXiwYIOsRxG7dK4yoLd8I_kOokcN_3Gy7G0X-N4MZey6QL4cElXYpHNsS072JiVNma6hSob-mWuxGcdSirYVuvJVdG8mqTBFmcxxTSZfqwPCDIajoMjo1985rhgTprzc-vucrs-AJ6toLHecGxkzICA_lVflScqxBHAIKYf-GK_nZZT4Bp8Hg7opkyQlPSN9PSKcKUI0xe5pr32OZbkvbAAN8YfVGwbJM=', NULL, 'button_label_color', '#ffffff', '["email", "login"]', false, '2026-11-28 02:35:21.199805+00', '2026-11-28 02:35:26.702661+00', 2.51, false);


--
-- Data for Name: leases; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: notes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.notes VALUES ('admin room: sso-admins', 'XyqhtxRxbCBcxfPQk', '2026-11-28 02:35:20.872482+00');
INSERT INTO public.notes VALUES ('slash commands are off: XyqhtxRxbCBcxfPQk', 'said', '2026-11-28 02:35:21.086956+00');
INSERT INTO public.notes VALUES ('said that e-mail links', 'said', '2026-11-28 02:35:21.10529+00');


--
-- Data for Name: operations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.operations VALUES ('d89d04c98e77', 'cuojhpfALbPHpnTJx', 'b8799c50', 'XyqhtxRxbCBcxfPQk', 'cuojhpfALbPHpnTJx', '4bymKxaYWwGwcxWwX', 'admin', 'setup', 'setup', 'done', 'jR4LFytrRLk3Zo3b3', '✓ On: the login page shows `Sign in with Encvoy ID`, and Rocket.Chat itself uses the secret that Encvoy ID accepts.
Created: OAuth service `encvoyid`, application `Rocket.Chat (127.0.0.1:3000)` `iGOv2rbcQI664cUROS3NxH`, secret with the fingerprint b6eb.
Encvoy ID will ask each person once to make login name and e-mail visible; they then become visible to every application of that Encvoy ID.
✓ 29 checks passed; `!sso test --all` lists them.
• Existing accounts: 4 of 5 accounts are active and have an e-mail address. Anyone who signs in at Encvoy ID with the address of an account gets into that account, including an administrator''s, regardless of the service''s settings (Rocket.Chat 8.8 links by e-mail); anyone who got into another one through `encvoyid` before may be refused instead. 3 of them are administrators: `admin`, `admin2`, `ssobot`. Rocket.Chat does not list which accounts have a password, or which service they came through.
• Otherwise, anyone with the user name of an existing account is refused, unless they came through `encvoyid` before; anyone else who is new gets a new account.
• Rocket.Chat''s newer login engine, the only one from 9.0 on, does not link by e-mail: it refuses anyone who would be linked now. `!sso setup --no-email` leaves e-mail addresses out.
Next: `!sso test`', true, '{"outcome": "done", "changes": ["CreateService", "CreateApplication", "WriteApplicationSecret", "AttachRules", "WriteService", "Prove", "CommitSecret", "SwitchService", "AwaitLive"], "gap": null, "seen_by": null, "instances": 1, "proof": {"previous_refused": null, "random_refused": true}, "in_use": null, "in_use_later": null, "reason": ""}', '2026-11-28 02:35:20.967613+00', '2026-11-28 02:35:24.037322+00', 'message');
INSERT INTO public.operations VALUES ('82b06b2f776e', 'ZZu6obooTbx9jhM5M', 'b8799c50', 'XyqhtxRxbCBcxfPQk', 'ZZu6obooTbx9jhM5M', '4bymKxaYWwGwcxWwX', 'admin', 'rotate', 'rotate', 'done', 'EXmDATgyWsfYLx2EF', '✓ Rotated: both sides have the new secret (fingerprint 0a77).
Sign-ins may have failed for 45 ms at most: from the last time Rocket.Chat was known to use the old secret until Encvoy ID accepted the new one.
Verified: the new secret is accepted, the previous one and a random one are refused.
Rocket.Chat itself uses the new secret: Encvoy ID accepted it from there, at once and once more later.
Next: `!sso test`', true, '{"outcome": "done", "changes": ["WriteServiceSecret", "AwaitLive", "WriteApplicationSecret", "Prove", "ProveInUse", "CommitSecret", "ProveInUse"], "gap": 0.04463597100402694, "seen_by": "poll", "instances": 1, "proof": {"previous_refused": true, "random_refused": true}, "in_use": {"use": "proved", "words": ""}, "in_use_later": {"use": "proved", "words": ""}, "reason": ""}', '2026-11-28 02:35:24.083963+00', '2026-11-28 02:35:29.756509+00', 'message');


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
-- Name: connections uq_connections_service; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT uq_connections_service UNIQUE (service);


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


