CREATE INDEX CONCURRENTLY carts_by_owner ON carts (owner);
