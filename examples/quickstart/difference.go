package main

import (
	"fmt"
	"strings"
	"time"
)

const differencesShown = 3

// difference is one field that the databases do not agree on.
type difference struct {
	Order    int64
	Field    string
	Old, New string
}

// String tells it in one line.
func (d difference) String() string {
	return fmt.Sprintf("order %d %s: old %s, new %s", d.Order, d.Field, d.Old, d.New)
}

// differences says where two readings of one order differ. There are none if and only if sameOrder
// is true.
func differences(old, modern Order) []difference {
	diff := fields{order: old.ID}
	diff.compare("number", old.ID, modern.ID)
	diff.compare("revision", old.Revision, modern.Revision)
	diff.compare("customer", old.Customer, modern.Customer)
	diff.compare("status", old.Status, modern.Status)
	diff.compare("placed", old.Placed.UTC().Format(time.RFC3339Nano), modern.Placed.UTC().Format(time.RFC3339Nano))
	if len(old.Lines) != len(modern.Lines) {
		diff.compare("lines", len(old.Lines), len(modern.Lines))
		return diff.found
	}
	for i, line := range old.Lines {
		in := fmt.Sprintf("line %d ", i+1)
		diff.compare(in+"product", line.SKU, modern.Lines[i].SKU)
		diff.compare(in+"title", line.Title, modern.Lines[i].Title)
		diff.compare(in+"quantity", line.Quantity, modern.Lines[i].Quantity)
		diff.compare(in+"unit price", line.UnitPrice, modern.Lines[i].UnitPrice)
	}
	return diff.found
}

type fields struct {
	order int64
	found []difference
}

func (f *fields) compare(field string, old, modern any) {
	if old != modern {
		f.found = append(f.found, difference{f.order, field, fmt.Sprint(old), fmt.Sprint(modern)})
	}
}

// compareOrders goes through both databases side by side. Both lists are sorted by number.
func compareOrders(old, modern []Order) []difference {
	var found []difference
	for len(old) > 0 || len(modern) > 0 {
		switch {
		case len(modern) == 0 || len(old) > 0 && old[0].ID < modern[0].ID:
			found = append(found, difference{old[0].ID, "order", "there", "missing"})
			old = old[1:]
		case len(old) == 0 || modern[0].ID < old[0].ID:
			found = append(found, difference{modern[0].ID, "order", "missing", "there"})
			modern = modern[1:]
		default:
			found = append(found, differences(old[0], modern[0])...)
			old, modern = old[1:], modern[1:]
		}
	}
	return found
}

// firstOf tells the first few differences and how many there are.
func firstOf(found []difference) string {
	var lines []string
	for _, one := range found[:min(differencesShown, len(found))] {
		lines = append(lines, one.String())
	}
	if rest := len(found) - len(lines); rest > 0 {
		lines = append(lines, fmt.Sprintf("%d more", rest))
	}
	return strings.Join(lines, "; ")
}
