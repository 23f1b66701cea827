SET lock_timeout = '2s';

ALTER TABLE carts ADD COLUMN note text;
