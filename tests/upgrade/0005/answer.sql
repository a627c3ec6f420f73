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

INSERT INTO public.alembic_version VALUES ('0005');


--
-- Data for Name: connections; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.connections VALUES ('5b646943', 5, 'encvoyid', 'Encvoy ID', 'Encvoyid', 'http://127.0.0.1:3000', 'Rocket.Chat (127.0.0.1:3000)', '{"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "button_label_text": "Sign in with Encvoy ID", "show_button": true}', true, 'iGOv2rbcQI664cUROS3NxH', 'gAAAAABrCe6n78VqRaMlcROkYeyaLJRYNndSuRqj29G3d_pv16ue0lFqGCAK7dEwJ_ssg8sJrxHaOR-NYj9CeMHxdyskkvwIPp_KLg5zgndBvbEBnStRhwN_pRjZZcy7v6S3eq-gFGDB_yhcsgl02IIesKI6h6lEEJRrb3cF5Jn3uv4lmsZSpdhQ5Mgv5aOYiPvx-DHJJRarYI_iMRcQzZIOsMiVcS_nOBbHbHJ9r-8VSmn4xXsGBPk=', NULL, 'button_label_color', '#ffffff', '["email", "login"]', false, '2026-11-27 20:57:05.998362+00', '2026-11-27 20:57:11.810295+00', 2.51, false);


--
-- Data for Name: notes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.notes VALUES ('admin room: sso-admins', 'fdzXSigHxcJLFCm2e', '2026-11-27 20:57:05.892028+00');
INSERT INTO public.notes VALUES ('slash commands are off: fdzXSigHxcJLFCm2e', 'said', '2026-11-27 20:57:05.930633+00');
INSERT INTO public.notes VALUES ('said that e-mail links', 'said', '2026-11-27 20:57:05.984793+00');


--
-- Data for Name: operations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.operations VALUES ('388f646e0d02', 'aZRBCPXytPgncDgns', '5b646943', 'fdzXSigHxcJLFCm2e', 'aZRBCPXytPgncDgns', 'Lk63RSLNMnuXNTch9', 'admin', 'setup', 'setup', 'done', 'RjyFvpduNTDqcjiKS', '✓ Rocket.Chat 8.8 at http://127.0.0.1:3000: its address and licence are fine
✓ Encvoy ID at http://127.0.0.1:3001: discovery read; no application that I can see has our callback address
• Who arrives where: 4 of 5 accounts are active and have an e-mail address. Whoever signs in at Encvoy ID with the address of an account enters that account, an administrator''s included, whatever the service''s settings say (Rocket.Chat 8.8 links by e-mail); who came into another one through `encvoyid` before may be refused instead. 3 of them are administrators: `admin`, `admin2`, `ssobot`. Which accounts have a password, and through which service they came, Rocket.Chat does not list.
• Otherwise, whoever brings the user name of an account that is here already is refused, unless they came through `encvoyid` before; whoever else is new gets a new account.
• Rocket.Chat''s newer login engine, the only one from 9.0 on, does not link by e-mail: it refuses whoever would be linked now. `!sso setup --no-email` leaves e-mail addresses out.
✓ OAuth service `encvoyid` created, still off
✓ Application `Rocket.Chat (127.0.0.1:3000)` created: `iGOv2rbcQI664cUROS3NxH`
✓ Its secret replaced by 64 random characters (fingerprint 39a6)
✓ It will ask people once for their login name and e-mail
✓ 18 settings written in Rocket.Chat
✓ Proved: Encvoy ID accepts this secret, Rocket.Chat reads back equal
✓ Switched on
✓ The login page shows `Sign in with Encvoy ID`   2.5 s
✓ 29 checks passed
On: the login page shows `Sign in with Encvoy ID`, and Rocket.Chat itself uses the secret that Encvoy ID accepts.
Encvoy ID will ask each person once to make login name and e-mail visible; they then become visible to every application of that Encvoy ID.
Next: `!sso test`, `!sso rotate`', true, '{"outcome": "done", "changes": ["CreateService", "CreateApplication", "WriteApplicationSecret", "AttachRules", "WriteService", "Prove", "CommitSecret", "SwitchService", "AwaitLive"], "gap": null, "seen_by": null, "instances": 1, "proof": {"previous_refused": null, "random_refused": true}, "in_use": null, "in_use_later": null, "reason": ""}', '2026-11-27 20:57:05.93007+00', '2026-11-27 20:57:08.669181+00', 'message');
INSERT INTO public.operations VALUES ('450bd21fbb3c', 'iB7FbRmHxjgggWNAT', '5b646943', 'fdzXSigHxcJLFCm2e', 'iB7FbRmHxjgggWNAT', 'Lk63RSLNMnuXNTch9', 'admin', 'rotate', 'rotate', 'done', 'BJsQFhPkQZHnbcBWz', '✓ Both sides hold one secret, Encvoy ID accepts it and lets me write
✓ Rocket.Chat stored the secret 1a8d
✓ The new secret is live in Rocket.Chat   2.5 s
✓ Encvoy ID switched to the secret 1a8d
✓ Proved: Encvoy ID accepts this secret, Rocket.Chat reads back equal
Rotated: both sides hold the new secret (fingerprint 1a8d).
Sign-ins may have failed for 12 ms at most: so long after Rocket.Chat was last known to use the old secret, Encvoy ID accepted the new one.
Proved: the new secret is accepted, the previous one and a random one are refused.
Rocket.Chat itself uses the new secret: Encvoy ID accepted it from there, at once and once more later.
Next: `!sso test`, `!sso status`', false, '{"outcome": "done", "changes": ["WriteServiceSecret", "AwaitLive", "WriteApplicationSecret", "Prove", "ProveInUse", "CommitSecret", "ProveInUse"], "gap": 0.012402142001519678, "seen_by": "publication", "instances": 1, "proof": {"previous_refused": true, "random_refused": true}, "in_use": {"use": "proved", "words": ""}, "in_use_later": {"use": "proved", "words": ""}, "reason": ""}', '2026-11-27 20:57:09.23651+00', '2026-11-27 20:57:14.867782+00', 'message');


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


