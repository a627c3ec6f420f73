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

INSERT INTO public.connections VALUES ('70cd9ec9', 4, 'encvoyid', 'Encvoy ID', 'Encvoyid', 'http://127.0.0.1:3000', 'Rocket.Chat (127.0.0.1:3000)', '{"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "button_label_text": "Sign in with Encvoy ID", "show_button": true}', true, 'iGOv2rbcQI664cUROS3NxH', 'gAAAAABrCe6DcbQ6mULZkVfXXJfMoz9cmkBG5-sCRwOIaPWCng6uxiEBPncWFPoywnU88WYoIProWbzHdm7YC59NSOXyAWdxudHuuLwR6xHbLcadf7IC_OD4IKHPHGaUBSSKstTzCZpQRFSWM3ZRJUMmXsQPXOUKnTd2Tdzgti3rM2FjZdimcLRdERexZrdLJ1kE3EhOpRSeCkVyj8aTql4yTL1Q9mKl0LA0dqvLtudZ5Ph-FvGBSHk=', 'gAAAAABrCe6D7KAWd1MQc_rjLbSmxbI5QvxR30pNSOxiHEPxh-DyBEEHVBc5aLcq1dlAKKeFgZ3qq6gYA6jP3cLLFqO6Qt6C978rFM_EQR7UNyR6eJVqogZO3-F54y0ZNA9PyseQ6ahR-UtGDxGU8HYxjOEBi8IiGv3gUHxENI---PO0qxpRsBqKA34A6T39nc2b36VICRDcXgb1fLQrBeygSGIMMlcJWQfUUE2XW5BILrF-Qyj4CWI=', 'button_label_color', '#ffffff', '["email", "login"]', false, '2026-11-27 20:56:31.785572+00', '2026-11-27 20:56:35.060759+00', NULL, false);


--
-- Data for Name: notes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.notes VALUES ('admin room: sso-admins', '9isEBNzioekjAY8y9', '2026-11-27 20:56:31.63238+00');
INSERT INTO public.notes VALUES ('slash commands are off: 9isEBNzioekjAY8y9', 'said', '2026-11-27 20:56:31.693262+00');
INSERT INTO public.notes VALUES ('said that e-mail links', 'said', '2026-11-27 20:56:31.759393+00');
INSERT INTO public.notes VALUES ('before edf6f4a8a533', '{"id": "70cd9ec9", "revision": 3, "service": "encvoyid", "name_typed": "Encvoy ID", "name_key": "Encvoyid", "site_url": "http://127.0.0.1:3000", "application_name": "Rocket.Chat (127.0.0.1:3000)", "settings": {"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "button_label_text": "Sign in with Encvoy ID", "show_button": true}, "enabled": true, "absent": false, "client_id": "iGOv2rbcQI664cUROS3NxH", "current_secret": "gAAAAABrCe5_gqLAf9m1qvTWISJgbSxm0XOOc8VsGsfaldsgfpk4kxZ5DIz-XIu0htfFfndSVGmgFqFD1WsyS6uXszhzi1zjmu0Kf5sVYRMuVbmsHbsyhvbv9t5SBzOkUUwpY9cgn9vvnpVPlnNqkrkHLGsH5kLPHPhLIsVvEsUGDorN5y6AWLAhe6xW7qfaG5163ii57FBvB40D_VdjtamJARXsIV27PXMv9giLUfLH9dqc3WFw_hM=", "pending_secret": null, "marker_setting": null, "marker_spelling": null, "rules": ["email", "login"], "undoing": false, "settle": null}', '2026-11-27 20:56:35.060448+00');


--
-- Data for Name: operations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.operations VALUES ('e11a27107f43', 'vCLKrQ8i5XMmdJ4bs', '70cd9ec9', '9isEBNzioekjAY8y9', 'vCLKrQ8i5XMmdJ4bs', 'Z9LG8TTJ8q4pYR9ce', 'admin', 'setup', 'setup', 'done', 't9ZoAiYsdv5WBXKbm', '✓ Rocket.Chat 8.8 at http://127.0.0.1:3000: its address and licence are fine   0.1 s
✓ Encvoy ID at http://127.0.0.1:3001: discovery read; no application that I can see has our callback address
• Who arrives where: 4 of 5 accounts are active and have an e-mail address. Whoever signs in at Encvoy ID with the address of an account enters that account, an administrator''s included, whatever the service''s settings say (Rocket.Chat 8.8 links by e-mail); who came into another one through `encvoyid` before may be refused instead. 3 of them are administrators: `admin`, `admin2`, `ssobot`. Which accounts have a password, and through which service they came, Rocket.Chat does not list.
• Otherwise, whoever brings the user name of an account that is here already is refused, unless they came through `encvoyid` before; whoever else is new gets a new account.
• Rocket.Chat''s newer login engine, the only one from 9.0 on, does not link by e-mail: it refuses whoever would be linked now. `!sso setup --no-email` leaves e-mail addresses out.
✓ OAuth service `encvoyid` created, still off
✓ Application `Rocket.Chat (127.0.0.1:3000)` created: `iGOv2rbcQI664cUROS3NxH`
✓ Its secret replaced by 64 random characters (fingerprint a239)
✓ It will ask people once for their login name and e-mail
✓ 18 settings written in Rocket.Chat
✓ Proved: Encvoy ID accepts this secret, Rocket.Chat reads back equal
✓ Switched on
✓ The login page shows `Sign in with Encvoy ID`   2.5 s
✓ 29 checks passed
On: the login page shows `Sign in with Encvoy ID`, and Rocket.Chat itself uses the secret that Encvoy ID accepts.
Encvoy ID will ask each person once to make login name and e-mail visible; they then become visible to every application of that Encvoy ID.
Next: `!sso test`, `!sso rotate`', true, '{"outcome": "done", "changes": ["CreateService", "CreateApplication", "WriteApplicationSecret", "AttachRules", "WriteService", "Prove", "CommitSecret", "SwitchService", "AwaitLive"], "gap": null, "seen_by": null, "instances": 1, "proof": {"previous_refused": null, "random_refused": true}, "in_use": null, "in_use_later": null, "reason": ""}', '2026-11-27 20:56:31.675429+00', '2026-11-27 20:56:34.494807+00', 'message');
INSERT INTO public.operations VALUES ('edf6f4a8a533', '4f5aeqswurbRzafig', '70cd9ec9', '9isEBNzioekjAY8y9', '4f5aeqswurbRzafig', 'Z9LG8TTJ8q4pYR9ce', 'admin', 'rotate', 'rotate', 'running', 'tvLfzKkbANWadxD8w', NULL, false, NULL, '2026-11-27 20:56:35.037905+00', NULL, 'message');


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


