package main

// priceColumn turns a price into what the new schema's unit_cents column holds.
type priceColumn func(Cents) int64

var (
	// truncatedPrices is the planted bug: it converts the amount to a float and drops the fraction.
	// As a float64, 19.99 is a little less than 19.99, and becomes 1998 cents. Most prices survive.
	truncatedPrices priceColumn = func(price Cents) int64 {
		amount := float64(price) / 100
		return int64(amount * 100)
	}
	// exactPrices is the fix.
	exactPrices priceColumn = func(price Cents) int64 { return int64(price) }
)
