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

INSERT INTO public.connections VALUES ('b8151c70', 4, 'encvoyid', 'Encvoy ID', 'Encvoyid', 'http://127.0.0.1:3000', 'Rocket.Chat (127.0.0.1:3000)', '{"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "button_label_text": "Sign in with Encvoy ID", "show_button": true}', true, 'iGOv2rbcQI664cUROS3NxH', 'gAAAAABrCj4Coch3CWfcSUsZIJ-XpZWVnAjTydAXCRaOgNC-HVMhwYB9B2win5MTEKCnyfvotSFHG8NCA45K2VMs9q-DXuhPeAWLsSDfIfF8E8nEDtkTkEQ2NA_AgJf8UEv01SH365AJG16TGnbepQLNGixBj3zZqq6uSsiQCZ2c9QgvZelEA2Pk6QN1ygjR820q_jyBNbn0v1MHiF8y-cXMyPEpS6D2xdQwI92IRnwOOdRuTGQgP9o=', 'gAAAAABrCj4CaGg6Zxk8ICPUeS4Meq0QrxbFVurjP5TL0sH-I574TCbL5q4Si_LpEAeMZSqQi5peWq5iP4BLsOpSL4oiUMjmLSXzxHkoUT1dFzc_XsRr9Pal_TlqTxuArnAy3HkQIZji1WDaquIbyNiXp6OTmHSFNVKtw7cXA2b6I3qknvm-1gF3e84lqWxaOI0RAJ8X2KMPn59tLNmgH5lQEYprrVx0CSdLvRH0m2tLB0DhZ5ZPLLY=', 'button_label_color', '#ffffff', '["email", "login"]', false, '2026-11-28 02:35:42.790334+00', '2026-11-28 02:35:46.2839+00', NULL, false);


--
-- Data for Name: leases; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: notes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.notes VALUES ('admin room: sso-admins', 't6yrFnPKDwzeCdRsM', '2026-11-28 02:35:42.45053+00');
INSERT INTO public.notes VALUES ('slash commands are off: t6yrFnPKDwzeCdRsM', 'said', '2026-11-28 02:35:42.642345+00');
INSERT INTO public.notes VALUES ('said that e-mail links', 'said', '2026-11-28 02:35:42.771353+00');
INSERT INTO public.notes VALUES ('before db945646e8ff', '{"id": "b8151c70", "revision": 3, "service": "encvoyid", "name_typed": "Encvoy ID", "name_key": "Encvoyid", "site_url": "http://127.0.0.1:3000", "application_name": "Rocket.Chat (127.0.0.1:3000)", "settings": {"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "button_label_text": "Sign in with Encvoy ID", "show_button": true}, "enabled": true, "absent": false, "client_id": "iGOv2rbcQI664cUROS3NxH", "current_secret": "gAAAAABrCj3-59y56OJ8ljObRbGzDtLPj8X3WSuqsWEB_3X20JgI71EtXqY7r975ym_vnYZngkVLq9bByZYqfswztg04u8rktI6MRbbVBJicdAUZ7ePfT-WWFPsHsvFoEq19zJMMYGG6kMl5Q8AnsjM5UVXY07tqesekjdD24JkddhQgbVKt-4KMeCIhS-Q8rl4l1GVrjvDEHPcWIl6MuJRburw0aC4DcncLPHDhO8TIQaFLqz5G9Cs=", "pending_secret": null, "marker_setting": null, "marker_spelling": null, "rules": ["email", "login"], "undoing": false, "settle": null}', '2026-11-28 02:35:46.283517+00');


--
-- Data for Name: operations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.operations VALUES ('e91160962485', 'PW2vj9fMGoe3jppBE', 'b8151c70', 't6yrFnPKDwzeCdRsM', 'PW2vj9fMGoe3jppBE', 'HvsoJJJDWw9fqmBRa', 'admin', 'setup', 'setup', 'done', 'Jei3oyp2FduhT4Re7', '✓ On: the login page shows `Sign in with Encvoy ID`, and Rocket.Chat itself uses the secret that Encvoy ID accepts.
Created: OAuth service `encvoyid`, application `Rocket.Chat (127.0.0.1:3000)` `iGOv2rbcQI664cUROS3NxH`, secret with the fingerprint 2439.
Encvoy ID will ask each person once to make login name and e-mail visible; they then become visible to every application of that Encvoy ID.
✓ 29 checks passed; `!sso test --all` lists them.
• Existing accounts: 4 of 5 accounts are active and have an e-mail address. Anyone who signs in at Encvoy ID with the address of an account gets into that account, including an administrator''s, regardless of the service''s settings (Rocket.Chat 8.8 links by e-mail); anyone who got into another one through `encvoyid` before may be refused instead. 3 of them are administrators: `admin`, `admin2`, `ssobot`. Rocket.Chat does not list which accounts have a password, or which service they came through.
• Otherwise, anyone with the user name of an existing account is refused, unless they came through `encvoyid` before; anyone else who is new gets a new account.
• Rocket.Chat''s newer login engine, the only one from 9.0 on, does not link by e-mail: it refuses anyone who would be linked now. `!sso setup --no-email` leaves e-mail addresses out.
Next: `!sso test`', true, '{"outcome": "done", "changes": ["CreateService", "CreateApplication", "WriteApplicationSecret", "AttachRules", "WriteService", "Prove", "CommitSecret", "SwitchService", "AwaitLive"], "gap": null, "seen_by": null, "instances": 1, "proof": {"previous_refused": null, "random_refused": true}, "in_use": null, "in_use_later": null, "reason": ""}', '2026-11-28 02:35:42.591258+00', '2026-11-28 02:35:45.594761+00', 'message');
INSERT INTO public.operations VALUES ('db945646e8ff', 'Jx8MjZKJ97d4XvySR', 'b8151c70', 't6yrFnPKDwzeCdRsM', 'Jx8MjZKJ97d4XvySR', 'HvsoJJJDWw9fqmBRa', 'admin', 'rotate', 'rotate', 'running', 'gvqB5BxGxaZmFevDo', NULL, false, NULL, '2026-11-28 02:35:46.204335+00', NULL, 'message');


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


