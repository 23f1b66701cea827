CREATE TABLE customers (
  id bigint NOT NULL,
  name varchar(100) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE orders (
  id bigint NOT NULL,
  customer bigint NOT NULL,
  note varchar(100),
  word varchar(20) NOT NULL DEFAULT 'x',
  body text,
  pieces int NOT NULL DEFAULT 0,
  price decimal(10,2),
  kind enum('shop', 'phone') NOT NULL,
  placed datetime,
  place point NOT NULL,
  PRIMARY KEY (id),
  KEY by_note (note),
  UNIQUE KEY by_word (word),
  CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES customers (id),
  CONSTRAINT some_pieces CHECK (pieces >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE plain (
  id bigint NOT NULL,
  a int,
  b varchar(10),
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE computed (
  id bigint NOT NULL,
  a int,
  twice int AS (a * 2) STORED,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
