package main

import (
	"database/sql"
	"fmt"
	"iter"
	"time"
)

// gather turns joined rows, one a line and sorted by order, into orders, and closes them.
func gather(rows *sql.Rows) iter.Seq2[Order, error] {
	return func(yield func(Order, error) bool) {
		defer func() { _ = rows.Close() }()
		var order Order
		for rows.Next() {
			next, err := scanLine(rows)
			if err != nil {
				yield(Order{}, err)
				return
			}
			if next.ID == order.ID {
				order.Lines = append(order.Lines, next.Lines...)
				continue
			}
			if order.ID != 0 && !yield(order, nil) {
				return
			}
			order = next
		}
		if err := rows.Err(); err != nil {
			yield(Order{}, fmt.Errorf("new database: %w", err))
			return
		}
		if order.ID != 0 {
			yield(order, nil)
		}
	}
}

// scanLine reads one row as an order with one line.
func scanLine(rows *sql.Rows) (Order, error) {
	var (
		order  Order
		line   Line
		placed int64
	)
	c := &order.Customer
	err := rows.Scan(&order.ID, &order.Revision, &order.Status, &placed, &c.ID, &c.Name, &c.Email, &c.City,
		&line.SKU, &line.Title, &line.Quantity, &line.UnitPrice)
	if err != nil {
		return Order{}, fmt.Errorf("new database: reading a row: %w", err)
	}
	order.Placed = time.Unix(placed, 0).UTC()
	order.Lines = []Line{line}
	return order, nil
}
