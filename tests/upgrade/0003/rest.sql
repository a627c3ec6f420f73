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
    settle double precision
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
    message_id character varying(255) NOT NULL,
    connection_id character varying(32),
    room_id character varying(255) NOT NULL,
    thread_id character varying(255),
    user_id character varying(255) NOT NULL,
    username character varying(255) NOT NULL,
    kind character varying(64) NOT NULL,
    words text NOT NULL,
    state character varying(16) NOT NULL,
    reply_id character varying(32) NOT NULL,
    reply_text text,
    delivered boolean NOT NULL,
    receipt json,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone
);


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.alembic_version VALUES ('0003');


--
-- Data for Name: connections; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.connections VALUES ('ff313d4a', 5, 'encvoyid', 'Encvoy ID', 'Encvoyid', 'http://127.0.0.1:3000', 'Rocket.Chat (127.0.0.1:3000)', '{"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "button_label_text": "Sign in with Encvoy ID", "show_button": true}', true, 'iGOv2rbcQI664cUROS3NxH', 'gAAAAABrCbTzg5I4m7z33tlFQWceHKf_b2NR1o9hs6B1qfbNRbCFmOgjwPrDyYSbMhnbl3kllp2yjjcZTA6gS7VJc1Yem6vdOw6YoK-IMrKUD8I40XNaD4rcwO2NJ17CSIKBmWw5i9v6lUevs6eVZ76EIPPH46ceaSD_aWthUvF60bvif7cYtmqUK9CS8rnoS03HTpdZ9RroeAIzVWWlYFkHxOUE9e-RkSot-xilUGpOMZPyG_wY5gk=', NULL, 'button_label_color', '#ffffff', '["email", "login"]', false, '2026-11-27 16:50:54.182107+00', '2026-11-27 16:50:59.432708+00', 2.5163235899999563);


--
-- Data for Name: notes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.notes VALUES ('admin room: sso-admins', 'dx9KEZTTzzrMkeHdi', '2026-11-27 16:50:54.051871+00');
INSERT INTO public.notes VALUES ('slash commands are off: dx9KEZTTzzrMkeHdi', 'said', '2026-11-27 16:50:54.170492+00');
INSERT INTO public.notes VALUES ('said that e-mail links', 'said', '2026-11-27 16:50:54.172306+00');


--
-- Data for Name: operations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.operations VALUES ('668b1c74ac16', 'NTLmCxS8PB42Pn28f', 'ff313d4a', 'dx9KEZTTzzrMkeHdi', 'NTLmCxS8PB42Pn28f', 'BBAiz9vTmtTYoJqQz', 'admin', 'setup', 'setup', 'done', 'rE7P9jFJb8aY9n5pE', '✓ Rocket.Chat 8.8 at http://127.0.0.1:3000: its address and licence are fine
✓ Encvoy ID at http://127.0.0.1:3001: discovery read; no application that I can see has our callback address
• Who arrives where: 4 of 5 accounts are active and have an e-mail address. Whoever signs in at Encvoy ID with the address of an account enters that account, an administrator''s included, whatever the service''s settings say (Rocket.Chat 8.8 links by e-mail). 3 of them are administrators: `admin`, `admin2`, `ssobot`.
• Otherwise, whoever brings the user name of an account that is here already is refused, unless they came through `encvoyid` before; everybody else gets a new account.
• Rocket.Chat''s newer login engine, the only one from 9.0 on, refuses whoever comes with the address of an account, instead of linking. `!sso setup --no-email` leaves e-mail addresses out.
✓ OAuth service `encvoyid` created, still off
✓ Application `Rocket.Chat (127.0.0.1:3000)` created: `iGOv2rbcQI664cUROS3NxH`
✓ Its secret replaced by 64 random characters (fingerprint 9508)
✓ It will ask people once for their login name and e-mail
✓ 18 settings written in Rocket.Chat
✓ Proved: Encvoy ID accepts this secret, Rocket.Chat reads back equal
✓ Switched on
✓ The login page shows `Sign in with Encvoy ID`   2.5 s
✓ 29 checks passed
On: the login page shows `Sign in with Encvoy ID`, and Rocket.Chat itself uses the secret that Encvoy ID accepts.
Encvoy ID will ask each person once to make login name and e-mail visible; they then become visible to every application of that Encvoy ID.
Next: `!sso test`, `!sso rotate`', true, '{"outcome": "done", "changes": ["CreateService", "CreateApplication", "WriteApplicationSecret", "AttachRules", "WriteService", "Prove", "Settle", "SwitchService", "AwaitLive"], "gap": null, "seen_by": null, "instances": 1, "proof": {"previous_refused": null, "random_refused": true}, "in_use": null, "in_use_later": null, "reason": ""}', '2026-11-27 16:50:54.135285+00', '2026-11-27 16:50:56.787168+00');
INSERT INTO public.operations VALUES ('d6b50728870b', 'zwF9pzFqWeNAbrnak', 'ff313d4a', 'dx9KEZTTzzrMkeHdi', 'zwF9pzFqWeNAbrnak', 'BBAiz9vTmtTYoJqQz', 'admin', 'rotate', 'rotate', 'done', 'aknN3rCameKXGc5Eo', '✓ Both sides hold one secret, Encvoy ID accepts it and lets me write
✓ Rocket.Chat stored the secret 807b
✓ The new secret is live in Rocket.Chat   2.5 s
✓ Encvoy ID switched to the secret 807b
✓ Proved: Encvoy ID accepts this secret, Rocket.Chat reads back equal
Rotated: both sides hold the new secret (fingerprint 807b).
Sign-ins may have failed for 9 ms at most: from the last moment in which the old secret was live for certain to Encvoy ID''s first answer that accepted the new one.
Proved: the new secret is accepted, the previous one and a random one are refused.
Rocket.Chat itself uses the new secret: Encvoy ID accepted it from there, at once and once more later.
Next: `!sso test`, `!sso status`', true, '{"outcome": "done", "changes": ["WriteServiceSecret", "AwaitLive", "WriteApplicationSecret", "Prove", "ProveInUse", "Settle", "ProveInUse"], "gap": 0.009361849999550031, "seen_by": "publication", "instances": 1, "proof": {"previous_refused": true, "random_refused": true}, "in_use": {"use": "proved", "words": ""}, "in_use_later": {"use": "proved", "words": ""}, "reason": ""}', '2026-11-27 16:50:56.88063+00', '2026-11-27 16:51:02.489542+00');


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


