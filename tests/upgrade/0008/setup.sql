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

INSERT INTO public.connections VALUES ('7f2b52de', 2, 'myname', 'My Name', 'Myname', 'http://127.0.0.1:3000', 'Rocket.Chat (127.0.0.1:3000)', '{"url": "http://127.0.0.1:3001", "token_path": "/oidc/token", "identity_path": "/oidc/me", "authorize_path": "/oidc/auth", "scope": "openid profile email", "token_sent_via": "payload", "identity_token_sent_via": "header", "login_style": "redirect", "key_field": "username", "username_field": "login", "name_field": "nickname", "email_field": "", "merge_users": true, "merge_users_distinct_services": false, "button_label_text": "Sign in with My Name", "show_button": true}', true, 'iGOv2rbcQI664cUROS3NxH', NULL, 'gAAAAABrCk35lgRbQ1a2dRB-yLFTejG4SLJMmLkGECYDc4x6DNEzMK2vaekRQ8vV5FCTbd_QJoPgiyD2P0vhQIGRIPcEL3mWYYmejcnTyJt6wb3gxdVbx5A3IQJpka3ll-cp2tyAAEvKTF22yThoWqXhy_jm3B0741OtpAT3aF0yS28dJPZBzF_SzqxoZsd0YfI2Uqn6ebgj9GJLGIl-3OzKwY57UCdoVL7jc2sLP7ewrqscyEXFOmk=', NULL, NULL, '["email", "login"]', false, '2026-11-28 03:43:53.273788+00', '2026-11-28 03:43:53.28423+00', NULL, false, NULL);


--
-- Data for Name: leases; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.leases VALUES ('leader', 'vm:13671:4dddf0d7', 1, '2026-11-28 03:44:12.664124+00');


--
-- Data for Name: notes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.notes VALUES ('fingerprints', 'gAAAAABrCk34idARXXdHoUgHV8J_ANs5_wUaP76G1yPu7GcCajraiMgzu4sBUgoV62dXoDhesN09CLNKT4Sn8L2wR1sWJJcQt3-DvPKf0fqyxhHA3G5t-TZKAB3vDd_FYwxREXiXnivK-TXM36r5NP11lb6fx_ORkXJuIFEy-k91gaa2OIvQNpGgHhXVAg2ID2MBtE4Zh_DYBsdXFoR1QverUnW4tOdt7PLf4zVNm5jKsY8ysmkxWLw=', '2026-11-28 03:43:52.673582+00');
INSERT INTO public.notes VALUES ('admin room: sso-admins', 'WA59Qabtn5F6uYtsC', '2026-11-28 03:43:52.718316+00');
INSERT INTO public.notes VALUES ('heard until', '2026-11-28T03:43:52.669525+00:00', '2026-11-28 03:43:52.734792+00');
INSERT INTO public.notes VALUES ('slash commands are off: WA59Qabtn5F6uYtsC', 'said', '2026-11-28 03:43:52.74768+00');
INSERT INTO public.notes VALUES ('watch', '{"state":{"sight":null,"since":null,"tested_at":null,"suspected_at":null,"unchecked":[],"incident":null,"changes":[],"flapping":null,"mute":null,"seen":{"rocketchat":"8.8","encvoy":"1.0.10"},"told":{"rocketchat":"8.8","encvoy":"1.0.10"},"versions_told":0,"late":[],"days":[]},"owed":[]}', '2026-11-28 03:43:52.748966+00');
INSERT INTO public.notes VALUES ('said that e-mail links', 'said', '2026-11-28 03:43:53.262514+00');
INSERT INTO public.notes VALUES ('before 1f2bf8b84529', 'null', '2026-11-28 03:43:53.273432+00');


--
-- Data for Name: operations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.operations VALUES ('1f2bf8b84529', '673tgtdrbid4RuCWw', '7f2b52de', 'WA59Qabtn5F6uYtsC', '673tgtdrbid4RuCWw', '74AtzNEgwGx3s2Le8', 'admin', 'setup', 'setup --name "My Name"', 'running', 'wvfCiujqEYpSPz38H', NULL, false, NULL, '2026-11-28 03:43:53.241784+00', NULL, 'message', NULL, NULL);


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


