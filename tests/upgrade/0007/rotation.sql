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

INSERT INTO public.connections VALUES ('ec96c618', 4, 'encvoyid', 'Encvoy ID', 'Encvoyid', 'http://127.0.0.1:3000', 'Rocket.Chat (127.0.0.1:3000)', '{"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "button_label_text": "Sign in with Encvoy ID", "show_button": true}', true, 'iGOv2rbcQI664cUROS3NxH', 'gAAAAABrCkMELYSe9cmmmh95pF8_vKkavIEZYxVc5AwP-JRzG38xoSIu8_KyWQpYPbqlamhKIEgzG7O3iJH3lFO-PLVvrFNZBAsqYQn91Np9Sa1fL6CNDWm8dXWifCP34lvbHWNwcERkCsrDYlqjAxi3VpIP-Cbe7AJF7GTkpIoWJY52iNX8uV4We_w8LLBbR9p10g2fVCAhbS4iSH9adXl5DaIRO-L9KdIMqY-4Ht7tuPzMITJNeMo=', 'gAAAAABrCkMEViskca0IiMN2UR5hiXOzriDwoEZWfUAP9KTRZiorMpjhDziMWE3HWldeUkSzAQ4h9m3w-2yz5xbZOAeC0vSaaAI5ztZCRG_N0ob4Qvl17Ojlbh5NmXI3Ojii7Ecink9XmEA8ymfgNaEz2VCjU6K4OFAD6DTzSLhPs_Arap7J06UQpkhjzjisdaOdtXcq7kh7wngqHRMTR8vjZddYs2n-N3x1Jg85xYcP8xymB2l01Cg=', 'button_label_color', '#ffffff', '["email", "login"]', false, '2026-11-28 02:57:05.165776+00', '2026-11-28 02:57:08.45057+00', NULL, false, '2026-11-28 02:57:05.189395+00');


--
-- Data for Name: notes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.notes VALUES ('fingerprints', 'gAAAAABrCkMB5sWFdO3XByHpKix3xX1z2_FjHy0GYnlMr2VF8dr-uvvseRjt_AjzElt_IW2pvol8y2uQSmhWjEzsdvCw-J0oG1IiiSkgnDAprJSyWaMYbl7xXc9tMfyAVHx1HtiBjwgseHwJcFVPQkNCkEIeLsQrZE0vvf5lNtSqW8rkenoktOEAFmpDkbwi40FjxGDtqMQ_zx15ef1CpeU1tfo_odXKercQy3_Plvcu674a4-LkD2k=', '2026-11-28 02:57:05.071386+00');
INSERT INTO public.notes VALUES ('admin room: sso-admins', 'gZnpqeqCHv7ahMy7i', '2026-11-28 02:57:05.112481+00');
INSERT INTO public.notes VALUES ('said that e-mail links', 'said', '2026-11-28 02:57:05.144177+00');
INSERT INTO public.notes VALUES ('slash commands are off: gZnpqeqCHv7ahMy7i', 'said', '2026-11-28 02:57:05.152748+00');
INSERT INTO public.notes VALUES ('before 22c7a1f2346e', '{"id": "ec96c618", "revision": 3, "service": "encvoyid", "name_typed": "Encvoy ID", "name_key": "Encvoyid", "site_url": "http://127.0.0.1:3000", "application_name": "Rocket.Chat (127.0.0.1:3000)", "settings": {"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "button_label_text": "Sign in with Encvoy ID", "show_button": true}, "enabled": true, "absent": false, "client_id": "iGOv2rbcQI664cUROS3NxH", "current_secret": "gAAAAABrCkMBELQ0z_VfbGJl9Sla9IZxpWrvJJidIM8x217pZFmYc_LR-mkKQLxvt2A3olid_uc8oZ2bYRnk4843vkCcq5Ri5JDOYdtWUZN2TyMB2sn23Tp8NOdSTF835LtMUoLRIpVxmc93Cto4oI4UiUDxvHon83lh61yuJX8Sr87pDqgfaftxABBOnuQPzE7GGUUkMPre8_iqZPC35e7aNGtpTnmK9imFdgvKfk_pgbLmTulfP8k=", "pending_secret": null, "marker_setting": null, "marker_spelling": null, "rules": ["email", "login"], "undoing": false, "settle": null, "proved_at": "2026-11-28T02:57:05.189395+00:00"}', '2026-11-28 02:57:08.45028+00');


--
-- Data for Name: operations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.operations VALUES ('ee6202ddd29b', 'Pw2oaZ8asDnciSWcE', 'ec96c618', 'gZnpqeqCHv7ahMy7i', 'Pw2oaZ8asDnciSWcE', 'jqdKXdDFDWcbt7psz', 'admin', 'setup', 'setup', 'done', 'xSWeoC7WhzeGLcPmD', '✓ On: the login page shows `Sign in with Encvoy ID`, and Rocket.Chat itself uses the secret that Encvoy ID accepts.
Created: OAuth service `encvoyid`, application `Rocket.Chat (127.0.0.1:3000)` `iGOv2rbcQI664cUROS3NxH`, secret with the fingerprint c014.
Encvoy ID will ask each person once to make login name and e-mail visible; they then become visible to every application of that Encvoy ID.
✓ 29 checks passed; `!sso test --all` lists them.
• Existing accounts: 4 of 5 accounts are active and have an e-mail address. Anyone who signs in at Encvoy ID with the address of an account gets into that account, including an administrator''s, regardless of the service''s settings (Rocket.Chat 8.8 links by e-mail); anyone who got into another one through `encvoyid` before may be refused instead. 3 of them are administrators: `admin`, `admin2`, `ssobot`. Rocket.Chat does not list which accounts have a password, or which service they came through.
• Otherwise, anyone with the user name of an existing account is refused, unless they came through `encvoyid` before; anyone else who is new gets a new account.
• Rocket.Chat''s newer login engine, the only one from 9.0 on, does not link by e-mail: it refuses anyone who would be linked now. `!sso setup --no-email` leaves e-mail addresses out.
Next: `!sso test`', true, '{"outcome": "done", "changes": ["CreateService", "CreateApplication", "WriteApplicationSecret", "AttachRules", "WriteService", "Prove", "CommitSecret", "SwitchService", "AwaitLive"], "gap": null, "seen_by": null, "instances": 1, "proof": {"previous_refused": null, "random_refused": true}, "in_use": null, "in_use_later": null, "reason": "", "fingerprint_before": null, "fingerprint_after": "c014"}', '2026-11-28 02:57:05.121487+00', '2026-11-28 02:57:07.812277+00', 'message');
INSERT INTO public.operations VALUES ('22c7a1f2346e', 'HMEFW95iJWbnYD2YB', 'ec96c618', 'gZnpqeqCHv7ahMy7i', 'HMEFW95iJWbnYD2YB', 'jqdKXdDFDWcbt7psz', 'admin', 'rotate', 'rotate', 'running', 'FW5EZmjPDnkDBYLas', NULL, false, NULL, '2026-11-28 02:57:08.409975+00', NULL, 'message');


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


