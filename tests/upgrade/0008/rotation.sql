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

INSERT INTO public.alembic_version VALUES ('0008');


--
-- Data for Name: connections; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.connections VALUES ('b93d9657', 4, 'encvoyid', 'Encvoy ID', 'Encvoyid', 'http://127.0.0.1:3000', 'Rocket.Chat (127.0.0.1:3000)', '{"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "button_label_text": "Sign in with Encvoy ID", "show_button": true}', true, 'iGOv2rbcQI664cUROS3NxH', 'gAAAAABrCk4AYLSszsyilv83DledX-FQCfBh-GBBST_MYyvurJ3_XrSWe7733DBMoe3YAh1X-OGVTC1LqDxhTjLB1oz-BPwLbJn8CWdj7i9iptt69DkgcWB0eahaYHYWGaAVU_Cp7gPuQNE2vh1feQjKuqFkV0LNrHAFyqQeI8z7Lgb9IDzMAzAuM-mi4VqaS0auafrQZPxSidR5SHDr4RsWjSvBKGbiuHrNjgCcGv30zR7OwtcUuhE=', 'gAAAAABrCk4AVUDeP1v6eOYEu428uZgHt-cvOmMX5cgUUH5u9c40iOXSS70aR9H6eYszDKS3y3Hiji-zKk82sd4pHCUwwKUkm_N4dpZXXsa_xlNZly02NLaZd8K0Qk4AHxN5k1s-rvc7JCtqIsxMbL0vOqhxqwDSpmZfTAITUowvPSsxzInbvRV-eiKKcQf5Dv1A2shlQC2oyyJwUaPqJEyPrbx6YAuH2O_rkYebQuyfA06DONQxtvs=', 'button_label_color', '#ffffff', '["email", "login"]', false, '2026-11-28 03:43:57.595686+00', '2026-11-28 03:44:00.813734+00', NULL, false, '2026-11-28 03:43:57.615991+00');


--
-- Data for Name: leases; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.leases VALUES ('leader', 'vm:13698:afb859ba', 1, '2026-11-28 03:44:17.46732+00');


--
-- Data for Name: notes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.notes VALUES ('fingerprints', 'gAAAAABrCk39wjE3Sf0NRFMHLlSapQN_oR6mU5ANr9OlfmljlrgEGJAXlf_RTb5Za6b8vwnUzwD4Yqw5iVYxdIifb79OLvIHegEJRdxxu33PIR5uPANmcdZ8KEnAg_CzlMVa8x6eNOpwjgT1NEOg6pI9Ntfo5vkp-wUZK1fUkWhafEovz6bpQdBEJPfXRVG9sdP7ruVSliRuBmXaQkKAoKu68FtNKMLSiXRooJxMYyFG4rIviXg2lBk=', '2026-11-28 03:43:57.476794+00');
INSERT INTO public.notes VALUES ('admin room: sso-admins', 'PqdecTA5SBcWngtLL', '2026-11-28 03:43:57.52425+00');
INSERT INTO public.notes VALUES ('heard until', '2026-11-28T03:43:57.472754+00:00', '2026-11-28 03:43:57.541333+00');
INSERT INTO public.notes VALUES ('slash commands are off: PqdecTA5SBcWngtLL', 'said', '2026-11-28 03:43:57.561392+00');
INSERT INTO public.notes VALUES ('watch', '{"state":{"sight":null,"since":null,"tested_at":null,"suspected_at":null,"unchecked":[],"incident":null,"changes":[],"flapping":null,"mute":null,"seen":{"rocketchat":"8.8","encvoy":"1.0.10"},"told":{"rocketchat":"8.8","encvoy":"1.0.10"},"versions_told":0,"late":[],"days":[]},"owed":[]}', '2026-11-28 03:43:57.57391+00');
INSERT INTO public.notes VALUES ('said that e-mail links', 'said', '2026-11-28 03:43:57.584797+00');
INSERT INTO public.notes VALUES ('before c4bada5729c5', '{"id": "b93d9657", "revision": 3, "service": "encvoyid", "name_typed": "Encvoy ID", "name_key": "Encvoyid", "site_url": "http://127.0.0.1:3000", "application_name": "Rocket.Chat (127.0.0.1:3000)", "settings": {"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "button_label_text": "Sign in with Encvoy ID", "show_button": true}, "enabled": true, "absent": false, "client_id": "iGOv2rbcQI664cUROS3NxH", "current_secret": "gAAAAABrCk39aSU1fxxbXKCybJqkQqfUjJ4FR23m4DoMz2weo70932W8_O9DlBgE2x6ufvmCQiXbzyUERyYj_CLEn19tvuH64QTlmzp9lQW9zQXgWfC_UgUOVukhOlGNEuBFFhT92_Uq9eqWVBiaTwJ4K0fHcEYUZZ7PbosRTuYGj5vFWxceseu7z-OGhk6Z1tz3YZK0mpX7fwMT0vi4t4YkUqaRedBM9WCz9GGONvbyoWrxKjbiJz4=", "pending_secret": null, "marker_setting": null, "marker_spelling": null, "rules": ["email", "login"], "undoing": false, "settle": null, "proved_at": "2026-11-28T03:43:57.615991+00:00"}', '2026-11-28 03:44:00.813368+00');


--
-- Data for Name: operations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.operations VALUES ('beefc464398d', 'gSZ3WTowNFa7iLLao', 'b93d9657', 'PqdecTA5SBcWngtLL', 'gSZ3WTowNFa7iLLao', '46T83S5LozfckMcMB', 'admin', 'setup', 'setup', 'done', 'PyJBsnTqChrqhzLFk', '✓ On: the login page shows `Sign in with Encvoy ID`, and Rocket.Chat itself uses the secret that Encvoy ID accepts.
Created: OAuth service `encvoyid`, application `Rocket.Chat (127.0.0.1:3000)` `iGOv2rbcQI664cUROS3NxH`, secret with the fingerprint a650.
Encvoy ID will ask each person once to make login name and e-mail visible; they then become visible to every application of that Encvoy ID.
✓ 29 checks passed; `!sso test --all` lists them.
• Existing accounts: 4 of 5 accounts are active and have an e-mail address. Anyone who signs in at Encvoy ID with the address of an account gets into that account, including an administrator''s, regardless of the service''s settings (Rocket.Chat 8.8 links by e-mail); anyone who got into another one through `encvoyid` before may be refused instead. 3 of them are administrators: `admin`, `admin2`, `ssobot`. Rocket.Chat does not list which accounts have a password, or which service they came through.
• Otherwise, anyone with the user name of an existing account is refused, unless they came through `encvoyid` before; anyone else who is new gets a new account.
• Rocket.Chat''s newer login engine, the only one from 9.0 on, does not link by e-mail: it refuses anyone who would be linked now. `!sso setup --no-email` leaves e-mail addresses out.
Next: `!sso test`', true, '{"outcome": "done", "changes": ["CreateService", "CreateApplication", "WriteApplicationSecret", "AttachRules", "WriteService", "Prove", "CommitSecret", "SwitchService", "AwaitLive"], "gap": null, "seen_by": null, "instances": 1, "proof": {"previous_refused": null, "random_refused": true}, "in_use": null, "in_use_later": null, "reason": "", "fingerprint_before": null, "fingerprint_after": "a650"}', '2026-11-28 03:43:57.548475+00', '2026-11-28 03:44:00.206062+00', 'message', NULL, NULL);
INSERT INTO public.operations VALUES ('c4bada5729c5', 'gbagZfk7KXBdFdj7X', 'b93d9657', 'PqdecTA5SBcWngtLL', 'gbagZfk7KXBdFdj7X', '46T83S5LozfckMcMB', 'admin', 'rotate', 'rotate', 'running', 'Bt2nuQbLWBd7Rv3AM', NULL, false, NULL, '2026-11-28 03:44:00.793759+00', NULL, 'message', NULL, NULL);


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


