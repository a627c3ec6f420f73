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

INSERT INTO public.connections VALUES ('4b2cf061', 5, 'encvoyid', 'Encvoy ID', 'Encvoyid', 'http://127.0.0.1:3000', 'Rocket.Chat (127.0.0.1:3000)', '{"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "show_button": true}', true, 'iGOv2rbcQI664cUROS3NxH', 'gAAAAABrCr0GwPvdA3ICZEOwXtwL3qykA5rx_ofMBCdi0o7QvZ0HEJgjD4NCBZ_UVGnxeOxHP_5ielk0mreWH3Jx3DlPKR1XRw_bQ5Gk5RBSXeHnhAXjb7ri2I3D7WHiJ2YKqq_7ZDQ8QlZouyoHR9dwBe-zT26syDRYqGEUbPeiQeKvhOlZzTrn2LVOiazA43eZTl6w0Hh2z4odq3eYubX8m-HkRTsngF5Bic7jrCgdp_91oe6JnQo=', NULL, 'button_label_color', '#ffffff', '["email", "login"]', false, '2026-11-28 11:37:32.851491+00', '2026-11-28 11:37:42.434305+00', 2.51, false, '2026-11-28 11:37:42.402794+00', 'Sign in with Encvoy ID', false, '{}', '[]');


--
-- Data for Name: leases; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.leases VALUES ('leader', 'vm:16111:9ad73679', 2, '2026-11-28 11:38:03.723197+00');


--
-- Data for Name: notes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.notes VALUES ('fingerprints', 'gAAAAABrCrz78EVonUej_fkajNMtaNiII44GGgj0jZmQseBqLdlkv5u6EC8RijE8WQNd96qwlg7luT58KIi3XdeFChOX7zEmD9X5EzGCP15B9Y0P_re1cyO95fPxc-8BR06i_VW3Vvn5aNbVmmwufBEibGF6nrOZYR9XuiWTN67KACiYFsx9omqNmsly04N28ytUtHAd40cJvGUynlmqCxRkFVXshPZvFbBz4n-4zKlwFVkFHam5YBw=', '2026-11-28 11:37:31.841424+00');
INSERT INTO public.notes VALUES ('admin room: sso-admins', 'CiS3uXt4j4SfhAQwd', '2026-11-28 11:37:32.161685+00');
INSERT INTO public.notes VALUES ('slash commands are off: CiS3uXt4j4SfhAQwd', 'said', '2026-11-28 11:37:32.548405+00');
INSERT INTO public.notes VALUES ('said that e-mail links', 'said', '2026-11-28 11:37:32.690842+00');
INSERT INTO public.notes VALUES ('watch', '{"state":{"sight":null,"since":null,"tested_at":null,"suspected_at":null,"unchecked":[],"incident":null,"changes":[],"flapping":null,"mute":null,"seen":{"rocketchat":"8.8","encvoy":"1.0.10"},"told":{"rocketchat":"8.8","encvoy":"1.0.10"},"versions_told":0,"late":[],"days":[]},"owed":[]}', '2026-11-28 11:37:32.729251+00');
INSERT INTO public.notes VALUES ('before cff24415a430', '{"id": "4b2cf061", "revision": 3, "service": "encvoyid", "name_typed": "Encvoy ID", "name_key": "Encvoyid", "site_url": "http://127.0.0.1:3000", "application_name": "Rocket.Chat (127.0.0.1:3000)", "settings": {"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "show_button": true}, "enabled": true, "absent": false, "client_id": "iGOv2rbcQI664cUROS3NxH", "current_secret": "gAAAAABrCrz9FHiW586xskcSqtxKWG9ordwU5YIGeWzqouviga7itwdn3G1zSsnVd54LA3PJoklQSI-VG0sapugHsVcukUm63z4a6IpiE9ydJbEE-9gy4K9vG3MZOnT38BgaFxlrYD_F8JsyCn_9ebb9BqaLwhBMbMt-t-Ug_uxplnLZt9KJlJ3dxc9iDL-rhwCEeQkVPHN7A14FkJM4rI49elZcMzZc7yl5BcuDt63OAEIgSxqUm_4=", "pending_secret": null, "marker_setting": null, "marker_spelling": null, "rules": ["email", "login"], "undoing": false, "settle": null, "proved_at": "2026-11-28T11:37:33.131058+00:00", "label": "Sign in with Encvoy ID", "adopted": false, "kept": {}, "former": []}', '2026-11-28 11:37:39.719819+00');
INSERT INTO public.notes VALUES ('heard until', '2026-11-28T11:37:39.652000+00:00', '2026-11-28 11:37:44.296543+00');


--
-- Data for Name: operations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.operations VALUES ('5d3249220990', 'aSFu8zgkYDkCGus2L', '4b2cf061', 'CiS3uXt4j4SfhAQwd', 'aSFu8zgkYDkCGus2L', 'S5Dgkdr79HpBEaAcZ', 'admin', 'setup', 'setup', 'done', 'zmqj2W7eF9fW3nbcc', '✓ On: the login page shows ` `, and Rocket.Chat itself uses the secret that Encvoy ID accepts.
Created: OAuth service `encvoyid`, application `Rocket.Chat (127.0.0.1:3000)` `iGOv2rbcQI664cUROS3NxH`, secret with the fingerprint 0a93.
Encvoy ID will ask each person once to make login name and e-mail visible; they then become visible to every application of that Encvoy ID.
✓ 29 checks passed; `!sso test --all` lists them.
• Existing accounts: 4 of 5 accounts are active and have an e-mail address. Anyone who signs in at Encvoy ID with the address of an account gets into that account, including an administrator''s, regardless of the service''s settings (Rocket.Chat 8.8 links by e-mail); anyone who got into another one through `encvoyid` before may be refused instead. 3 of them are administrators: `admin`, `admin2`, `ssobot`. Rocket.Chat does not list which accounts have a password, or which service they came through.
• Otherwise, anyone with the user name of an existing account is refused, unless they came through `encvoyid` before; anyone else who is new gets a new account.
• Rocket.Chat''s newer login engine, the only one from 9.0 on, does not link by e-mail: it refuses anyone who would be linked now. `!sso setup --no-email` leaves e-mail addresses out.
Next: `!sso test`', true, '{"outcome": "done", "changes": ["CreateService", "CreateApplication", "WriteApplicationSecret", "AttachRules", "WriteService", "Prove", "CommitSecret", "SwitchService", "AwaitLive"], "gap": null, "seen_by": null, "instances": 1, "proof": {"previous_refused": null, "random_refused": true}, "in_use": null, "in_use_later": null, "reason": "", "fingerprint_before": null, "fingerprint_after": "0a93"}', '2026-11-28 11:37:32.272546+00', '2026-11-28 11:37:36.408265+00', 'message', NULL, NULL);
INSERT INTO public.operations VALUES ('cff24415a430', 'jXeHvQJB32KQtvSGg', '4b2cf061', 'CiS3uXt4j4SfhAQwd', 'jXeHvQJB32KQtvSGg', 'S5Dgkdr79HpBEaAcZ', 'admin', 'rotate', 'rotate', 'running', 'QZtNuvuZ4nituuehc', NULL, false, '{"outcome": "done", "changes": ["WriteServiceSecret", "AwaitLive", "WriteApplicationSecret", "Prove", "ProveInUse", "CommitSecret"], "gap": 0.09374596999259666, "seen_by": "poll", "instances": 1, "proof": {"previous_refused": true, "random_refused": true}, "in_use": {"use": "proved", "words": ""}, "in_use_later": null, "reason": "", "fingerprint_before": "0a93", "fingerprint_after": "1c64"}', '2026-11-28 11:37:39.386586+00', NULL, 'message', NULL, NULL);


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


