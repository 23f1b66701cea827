CREATE TYPE order_kind AS ENUM ('shop', 'phone');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN short AS varchar(40);
CREATE TABLE customers (
  id bigint PRIMARY KEY,
  name text NOT NULL
);
CREATE TABLE orders (
  id bigint PRIMARY KEY,
  customer bigint NOT NULL REFERENCES customers (id),
  note text,
  email varchar(100),
  code char(8),
  total numeric(10,2) NOT NULL DEFAULT 0,
  pieces integer NOT NULL,
  rank integer,
  kind order_kind,
  placed timestamp,
  paid timestamptz,
  at inet,
  net cidr,
  data json,
  old integer,
  CONSTRAINT orders_pieces_check CHECK (pieces > 0),
  CONSTRAINT orders_code_key UNIQUE (code)
);
ALTER TABLE orders ADD CONSTRAINT orders_note_there CHECK (note IS NOT NULL);
ALTER TABLE orders ADD CONSTRAINT orders_rank_there CHECK (rank IS NOT NULL) NOT VALID;
ALTER TABLE orders ADD CONSTRAINT orders_old_fkey FOREIGN KEY (old) REFERENCES customers (id) NOT VALID;
CREATE INDEX orders_email_idx ON orders (email);
CREATE UNIQUE INDEX orders_paid_idx ON orders (id, paid);
CREATE TABLE events (day date NOT NULL, what text) PARTITION BY RANGE (day);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_2026 (day date NOT NULL, what text);
CREATE TABLE events_2027 (day date NOT NULL, what text, CONSTRAINT in_2027 CHECK (day >= '2027-01-01' AND day < '2028-01-01'));
CREATE TABLE sales (customer bigint NOT NULL, total numeric(10,2) NOT NULL);
CREATE MATERIALIZED VIEW totals AS SELECT customer, sum(total) AS total FROM sales GROUP BY customer;
CREATE TABLE levels (id bigint PRIMARY KEY, level positive, label short);
CREATE TABLE visits (day date NOT NULL, page text) PARTITION BY RANGE (day);
CREATE TABLE visits_rest PARTITION OF visits DEFAULT;
CREATE TABLE visits_2030 (day date NOT NULL, page text);
CREATE SEQUENCE tickets;
CREATE VIEW pages AS SELECT page FROM visits_rest;
CREATE FUNCTION counted(n int) RETURNS int LANGUAGE sql AS 'SELECT n';
