CREATE TABLE IF NOT EXISTS customers (
	id    INTEGER PRIMARY KEY,
	name  TEXT NOT NULL,
	email TEXT NOT NULL UNIQUE,
	city  TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS products (
	sku   TEXT PRIMARY KEY,
	title TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS orders (
	id          INTEGER PRIMARY KEY,
	revision    INTEGER NOT NULL,
	customer_id INTEGER NOT NULL REFERENCES customers (id),
	status      TEXT NOT NULL,
	placed      INTEGER NOT NULL -- Unix seconds
);
CREATE TABLE IF NOT EXISTS lines (
	order_id   INTEGER NOT NULL REFERENCES orders (id),
	position   INTEGER NOT NULL,
	sku        TEXT NOT NULL REFERENCES products (sku),
	quantity   INTEGER NOT NULL,
	unit_cents INTEGER NOT NULL,
	PRIMARY KEY (order_id, position)
) WITHOUT ROWID;
