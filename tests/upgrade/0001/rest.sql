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
    updated_at timestamp with time zone NOT NULL
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

INSERT INTO public.alembic_version VALUES ('0001');


--
-- Data for Name: connections; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.connections VALUES ('d937b855', 5, 'encvoyid', 'Encvoy ID', 'Encvoyid', 'http://127.0.0.1:3000', 'Rocket.Chat (127.0.0.1:3000)', '{"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "button_label_text": "Sign in with Encvoy ID", "show_button": true}', true, 'iGOv2rbcQI664cUROS3NxH', 'gAAAAABrCXSODlrRqShnvGvQ5lb2nRzMOuIUlhEq91uJLW_IoLCWCA7jN7cYQDv4MtKZxfoYXHl__7ZaODTtUle7ugPxJXnELvhl_7198mF5TV8U1CURR1ub70GbHx6lxSxM6GoAKcr8EcgWR2S6URaPvygfo1HlWfEQlxQeeIJk7mZ5Y1Vv9G2GpxOMO9yFyZZM14VxOXtQRC20DjNss3mklroKCERNt7X_Rd2xcYHKysFCK2235WM=', NULL, 'button_label_color', '#ffffff', '["email", "login"]', false, '2026-11-27 12:16:13.72507+00', '2026-11-27 12:16:14.12887+00');


--
-- Data for Name: notes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.notes VALUES ('slash commands are off: J4L7ZRGp6hGArTLeD', 'said', '2026-11-27 12:16:13.695599+00');


--
-- Data for Name: operations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.operations VALUES ('3880a456fdd1', 'f4pEq56p8Q5SWXmac', 'd937b855', 'J4L7ZRGp6hGArTLeD', 'f4pEq56p8Q5SWXmac', 'rWqLoAR2BM5wqmffz', 'admin', 'setup', 'setup', 'done', 'tZYdXmfw8wesvoQ7P', '✓ Rocket.Chat 8.8 at http://127.0.0.1:3000: its address and licence are fine
✓ Encvoy ID at http://127.0.0.1:3001: discovery read, nothing there that is not mine
• 5 accounts exist here. People keep theirs, and their way to sign in. Whoever comes through `encvoyid` for the first time gets a new account; if the login name or e-mail is taken by a local account, that sign-in is refused: no local account can be taken over.
✓ OAuth service `encvoyid` created, still off
✓ Application `Rocket.Chat (127.0.0.1:3000)` created: `iGOv2rbcQI664cUROS3NxH`
✓ Its secret replaced by 64 random characters (fingerprint d3b9)
✓ It will ask people once for their login name and e-mail
✓ 18 settings written in Rocket.Chat
✓ Proved: Encvoy ID accepts this secret, Rocket.Chat reads back equal
✓ Switched on
✓ On: the login page shows `Sign in with Encvoy ID`   0.1 s
✓ 21 checks passed
Encvoy ID will ask each person once to make login name and e-mail visible; they then become visible to every application of that Encvoy ID.
Next: `!sso test`, `!sso rotate`', true, '{"outcome": "done", "changes": ["CreateService", "CreateApplication", "WriteApplicationSecret", "AttachRules", "WriteService", "Prove", "Settle", "SwitchService", "AwaitLive"], "gap": null, "seen_by": null, "proof": {"previous_refused": null, "random_refused": true}, "reason": ""}', '2026-11-27 12:16:13.693119+00', '2026-11-27 12:16:13.886499+00');
INSERT INTO public.operations VALUES ('9105ec17c732', 's64jyhqJ9pQbhcDyb', 'd937b855', 'J4L7ZRGp6hGArTLeD', 's64jyhqJ9pQbhcDyb', 'rWqLoAR2BM5wqmffz', 'admin', 'rotate', 'rotate', 'done', 'sdDL4KeiTuSEw2REd', '✓ Both sides hold one secret, Encvoy ID accepts it and lets me write
✓ Rocket.Chat stored the secret 6289
✓ The new secret is live in Rocket.Chat   0.1 s
✓ Encvoy ID switched to the secret 6289
✓ Proved: Encvoy ID accepts this secret, Rocket.Chat reads back equal
Rotated: both sides hold the new secret (fingerprint 6289).
Sign-ins may have failed for 2 ms at most (seen by publication).
Proved: the new secret is accepted, the previous one and a random one are refused.
Next: `!sso test`, `!sso status`', true, '{"outcome": "done", "changes": ["WriteServiceSecret", "AwaitLive", "WriteApplicationSecret", "Prove", "Settle"], "gap": 0.0015261800001553638, "seen_by": "publication", "proof": {"previous_refused": true, "random_refused": true}, "reason": ""}', '2026-11-27 12:16:13.993593+00', '2026-11-27 12:16:14.135714+00');


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


