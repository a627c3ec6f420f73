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

INSERT INTO public.connections VALUES ('1fa4f630', 4, 'encvoyid', 'Encvoy ID', 'Encvoyid', 'http://127.0.0.1:3000', 'Rocket.Chat (127.0.0.1:3000)', '{"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "show_button": true}', true, 'iGOv2rbcQI664cUROS3NxH', 'gAAAAABrCrznk0oSBXiN8lL3TReiuyItpUsVOLQhM-bORG-OE0infFieqwVl3cZ06k_8NF4oU-k3uDXmOCZCyYCxkqChoRJK5ulSNMrnT_SZL4duoT6EDg0qc4E8VYbmgOATdKToZLWwJN4A1284OujmVA0gt_AsfBoGcppuGHbxndxkhP0d6TQjb7HE8xOAiWo0_2kjMkNL3xrtOIkK5HdYAhsK0OBKHIVD2NNuJBZnCyjJ8yDqxPQ=', 'gAAAAABrCrznf59NciMB-SxA6diqj8VdL0vvDdrA7OuzxxTj6YiO0rugTRQQ9VcUnh4nxr4ofv4DJiLNGJW1cI0EgniCQP1v_g0ZNt4EkMKq0s2ZQlT4KTFz80t5r50RgLwRhFQQD1S82ZG3G2wsAXup0EW0gZaqCjbJM1yeMsOkRj7_VhW04k97W5681yGGGPnMaLKbXcBZwcRE2i8x-3YTkzxw7Ln-pBS-Dmhgo4MN0aP4UioyJjY=', 'button_label_color', '#ffffff', '["email", "login"]', false, '2026-11-28 11:37:07.939599+00', '2026-11-28 11:37:11.944926+00', NULL, false, '2026-11-28 11:37:08.162636+00', 'Sign in with Encvoy ID', false, '{}', '[]');


--
-- Data for Name: leases; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.leases VALUES ('leader', 'vm:15239:878f5892', 1, '2026-11-28 11:37:31.115159+00');


--
-- Data for Name: notes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.notes VALUES ('fingerprints', 'gAAAAABrCrzi8I_4HVAFDZaTsjaOAJIvwYRHSAnv1fMqx79Kmf0c6hC01x__UZRRkbMILOh2eEYeXqbKmGHKn18CQYsBnNrcfH70cOs7vmQwf_oU0DHONufvlEnwBRJV3OmQ9rMQdmnNGRF0igUr0J34w8-65uB1kr0KcqGNQafNv-xm2oWSshRs6XnLz-QJqgO9CBmFxmzcy7wjxDgvhN975ImijSR6zhgIRmAWeoJsq3JQlsPBWpc=', '2026-11-28 11:37:06.242675+00');
INSERT INTO public.notes VALUES ('admin room: sso-admins', 'Rn6jT6NHTbCeghmRf', '2026-11-28 11:37:07.085557+00');
INSERT INTO public.notes VALUES ('heard until', '2026-11-28T11:37:06.103642+00:00', '2026-11-28 11:37:07.185775+00');
INSERT INTO public.notes VALUES ('slash commands are off: Rn6jT6NHTbCeghmRf', 'said', '2026-11-28 11:37:07.476489+00');
INSERT INTO public.notes VALUES ('watch', '{"state":{"sight":null,"since":null,"tested_at":null,"suspected_at":null,"unchecked":[],"incident":null,"changes":[],"flapping":null,"mute":null,"seen":{"rocketchat":"8.8","encvoy":"1.0.10"},"told":{"rocketchat":"8.8","encvoy":"1.0.10"},"versions_told":0,"late":[],"days":[]},"owed":[]}', '2026-11-28 11:37:07.662678+00');
INSERT INTO public.notes VALUES ('said that e-mail links', 'said', '2026-11-28 11:37:07.686514+00');
INSERT INTO public.notes VALUES ('before f2295e0e485c', '{"id": "1fa4f630", "revision": 3, "service": "encvoyid", "name_typed": "Encvoy ID", "name_key": "Encvoyid", "site_url": "http://127.0.0.1:3000", "application_name": "Rocket.Chat (127.0.0.1:3000)", "settings": {"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "show_button": true}, "enabled": true, "absent": false, "client_id": "iGOv2rbcQI664cUROS3NxH", "current_secret": "gAAAAABrCrzkMEpGPr6vQK8Yp8MZgIcHfPbRnIU_nYLtUp_LkLxWU_7wh_dsvPQpWOYNanOKaIdm8KQ_fm6g0nf-WxuryijVvqL94lDKcvXtbAR57ZUFxm6raqIVXb9wR7qvy3XcWpdhsXVj6JdFWak8HiKp9srMMU8sh_HEyV6FmYehO-jBxPWkqhasiM82sPBdIPJ7AaDYGzr5jbDx9Xa2REdjuUBhYAQYyLIFciZ4Gs2Kskw3dpY=", "pending_secret": null, "marker_setting": null, "marker_spelling": null, "rules": ["email", "login"], "undoing": false, "settle": null, "proved_at": "2026-11-28T11:37:08.162636+00:00", "label": "Sign in with Encvoy ID", "adopted": false, "kept": {}, "former": []}', '2026-11-28 11:37:11.939229+00');


--
-- Data for Name: operations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.operations VALUES ('2a6d7f8bb8ed', 'rKEHyuMoYhgveysq6', '1fa4f630', 'Rn6jT6NHTbCeghmRf', 'rKEHyuMoYhgveysq6', 'zNv46hw2gqswc76An', 'admin', 'setup', 'setup', 'done', 'pWMiQB85WfLzcW7cH', '✓ On: the login page shows ` `, and Rocket.Chat itself uses the secret that Encvoy ID accepts.
Created: OAuth service `encvoyid`, application `Rocket.Chat (127.0.0.1:3000)` `iGOv2rbcQI664cUROS3NxH`, secret with the fingerprint a9d6.
Encvoy ID will ask each person once to make login name and e-mail visible; they then become visible to every application of that Encvoy ID.
✓ 29 checks passed; `!sso test --all` lists them.
• Existing accounts: 4 of 5 accounts are active and have an e-mail address. Anyone who signs in at Encvoy ID with the address of an account gets into that account, including an administrator''s, regardless of the service''s settings (Rocket.Chat 8.8 links by e-mail); anyone who got into another one through `encvoyid` before may be refused instead. 3 of them are administrators: `admin`, `admin2`, `ssobot`. Rocket.Chat does not list which accounts have a password, or which service they came through.
• Otherwise, anyone with the user name of an existing account is refused, unless they came through `encvoyid` before; anyone else who is new gets a new account.
• Rocket.Chat''s newer login engine, the only one from 9.0 on, does not link by e-mail: it refuses anyone who would be linked now. `!sso setup --no-email` leaves e-mail addresses out.
Next: `!sso test`', true, '{"outcome": "done", "changes": ["CreateService", "CreateApplication", "WriteApplicationSecret", "AttachRules", "WriteService", "Prove", "CommitSecret", "SwitchService", "AwaitLive"], "gap": null, "seen_by": null, "instances": 1, "proof": {"previous_refused": null, "random_refused": true}, "in_use": null, "in_use_later": null, "reason": "", "fingerprint_before": null, "fingerprint_after": "a9d6"}', '2026-11-28 11:37:07.262946+00', '2026-11-28 11:37:11.149303+00', 'message', NULL, NULL);
INSERT INTO public.operations VALUES ('f2295e0e485c', 'JaHDyBPY6kp3Tw5Fv', '1fa4f630', 'Rn6jT6NHTbCeghmRf', 'JaHDyBPY6kp3Tw5Fv', 'zNv46hw2gqswc76An', 'admin', 'rotate', 'rotate', 'running', 'BMgkM6C52XzrMrKSv', NULL, false, NULL, '2026-11-28 11:37:11.747677+00', NULL, 'message', NULL, NULL);


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


