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
    proved_at timestamp with time zone
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

INSERT INTO public.alembic_version VALUES ('0007');


--
-- Data for Name: connections; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.connections VALUES ('473c3545', 5, 'encvoyid', 'Encvoy ID', 'Encvoyid', 'http://127.0.0.1:3000', 'Rocket.Chat (127.0.0.1:3000)', '{"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "button_label_text": "Sign in with Encvoy ID", "show_button": true}', true, 'iGOv2rbcQI664cUROS3NxH', 'gAAAAABrCkMVOMLTY3i-6MSB8HkP2UHoJx5iHTxgWS9IAAjC1V2L4HRjKYhsnVsORdeQSsPdErRS_BPSmqQ-CHmTmuyKyyLyjjMB5RV6d9A9Kl8yk3RLRiyWwJIJl9-mu1Z6S0N02q0CcYs6Vn3w1bhI9UUcNWs3f7-LXcyC95GD5RvhqSXHDja3BpSEIuihjwk-2PAPNWHorswRWM7_udeVFxBdMyQQK3nzjSirS9UlHg7R729npm4=', NULL, 'button_label_color', '#ffffff', '["email", "login"]', false, '2026-11-28 02:57:19.158355+00', '2026-11-28 02:57:25.372649+00', 2.5142470439968747, false, '2026-11-28 02:57:25.367726+00');


--
-- Data for Name: notes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.notes VALUES ('fingerprints', 'gAAAAABrCkMPcDCrH0E7arfPZqLkycJsYNmg8BUH-yOaoskhYh2iHHaIsko0tUK0Zm4nuXXrZmD-vIoeVcEeDmp350lUG_qV6Py2sD5ZerUWW-oZq49Xxv9Z1jW5iohe2r5Aj4X340rlE9A3flzguyNNSQ0xpAnEE85D7kJR_JLDc0c8RhP57MOjbNAQ0hIxlgTEv_IXLmIkSF-_nApCYhua1Hb80t4oL8oHUPW946SVxTXUhNNUaYs=', '2026-11-28 02:57:19.027411+00');
INSERT INTO public.notes VALUES ('admin room: sso-admins', 'QcNsz29oZwk7KuEW7', '2026-11-28 02:57:19.085232+00');
INSERT INTO public.notes VALUES ('slash commands are off: QcNsz29oZwk7KuEW7', 'said', '2026-11-28 02:57:19.126929+00');
INSERT INTO public.notes VALUES ('said that e-mail links', 'said', '2026-11-28 02:57:19.148091+00');
INSERT INTO public.notes VALUES ('before 9223f6393a8a', '{"id": "473c3545", "revision": 3, "service": "encvoyid", "name_typed": "Encvoy ID", "name_key": "Encvoyid", "site_url": "http://127.0.0.1:3000", "application_name": "Rocket.Chat (127.0.0.1:3000)", "settings": {"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "button_label_text": "Sign in with Encvoy ID", "show_button": true}, "enabled": true, "absent": false, "client_id": "iGOv2rbcQI664cUROS3NxH", "current_secret": "gAAAAABrCkMPmKzUeVRLKvSGLX9NsJHkkvS-NapzDGmqMdkVSd_3xYAid4UV_AQ3cyVcMcXy1TQmOjONcBQlsi4jl7hQNl7pIL9sV20lQrKhdoRZkLg9Ie0C2xLkPcE_za_AA6Jxv3Yjq9vnPXUkLpA0SOXsiv5Ug_giQ5wHh284lVoDcZx_gtG8ch0geYMpFPUc7HQQ5EPNPzUDHRiwJhOBuffLBPMzI4U5XJdPzHQa3DmceCUsNAY=", "pending_secret": null, "marker_setting": null, "marker_spelling": null, "rules": ["email", "login"], "undoing": false, "settle": null, "proved_at": "2026-11-28T02:57:19.181457+00:00"}', '2026-11-28 02:57:22.815738+00');


--
-- Data for Name: operations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.operations VALUES ('232f61dc6969', 's8Jwkcjn3XuJqj3Bn', '473c3545', 'QcNsz29oZwk7KuEW7', 's8Jwkcjn3XuJqj3Bn', '4a4HpLMEcf9yQzcLC', 'admin', 'setup', 'setup', 'done', '66fZhe2MtnJy8hmQA', '✓ On: the login page shows `Sign in with Encvoy ID`, and Rocket.Chat itself uses the secret that Encvoy ID accepts.
Created: OAuth service `encvoyid`, application `Rocket.Chat (127.0.0.1:3000)` `iGOv2rbcQI664cUROS3NxH`, secret with the fingerprint f5a7.
Encvoy ID will ask each person once to make login name and e-mail visible; they then become visible to every application of that Encvoy ID.
✓ 29 checks passed; `!sso test --all` lists them.
• Existing accounts: 4 of 5 accounts are active and have an e-mail address. Anyone who signs in at Encvoy ID with the address of an account gets into that account, including an administrator''s, regardless of the service''s settings (Rocket.Chat 8.8 links by e-mail); anyone who got into another one through `encvoyid` before may be refused instead. 3 of them are administrators: `admin`, `admin2`, `ssobot`. Rocket.Chat does not list which accounts have a password, or which service they came through.
• Otherwise, anyone with the user name of an existing account is refused, unless they came through `encvoyid` before; anyone else who is new gets a new account.
• Rocket.Chat''s newer login engine, the only one from 9.0 on, does not link by e-mail: it refuses anyone who would be linked now. `!sso setup --no-email` leaves e-mail addresses out.
Next: `!sso test`', true, '{"outcome": "done", "changes": ["CreateService", "CreateApplication", "WriteApplicationSecret", "AttachRules", "WriteService", "Prove", "CommitSecret", "SwitchService", "AwaitLive"], "gap": null, "seen_by": null, "instances": 1, "proof": {"previous_refused": null, "random_refused": true}, "in_use": null, "in_use_later": null, "reason": "", "fingerprint_before": null, "fingerprint_after": "f5a7"}', '2026-11-28 02:57:19.10491+00', '2026-11-28 02:57:21.797044+00', 'message');
INSERT INTO public.operations VALUES ('9223f6393a8a', 'Qnir4ZjbLBhr9Q7Z5', '473c3545', 'QcNsz29oZwk7KuEW7', 'Qnir4ZjbLBhr9Q7Z5', '4a4HpLMEcf9yQzcLC', 'admin', 'rotate', 'rotate', 'running', 'ndDyGdA2xRDtqjKXM', NULL, false, '{"outcome": "done", "changes": ["WriteServiceSecret", "AwaitLive", "WriteApplicationSecret", "Prove", "ProveInUse", "CommitSecret"], "gap": 0.02361389900033828, "seen_by": "publication", "instances": 1, "proof": {"previous_refused": true, "random_refused": true}, "in_use": {"use": "proved", "words": ""}, "in_use_later": null, "reason": "", "fingerprint_before": "f5a7", "fingerprint_after": "85ee"}', '2026-11-28 02:57:22.752941+00', NULL, 'message');


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


