package main

// catalogue is what the shop sells. The float64 nearest to two of its prices, 4.35 and 19.99, is a
// little less than the price.
var catalogue = []Line{
	{SKU: "TEA-ASSAM-250", Title: "Assam leaf tea, 250 g", UnitPrice: 1250},
	{SKU: "TEA-SENCHA-100", Title: "Sencha, 100 g", UnitPrice: 1490},
	{SKU: "TEA-MINT-050", Title: "Peppermint, 50 g", UnitPrice: 435},
	{SKU: "TEA-CHAI-200", Title: "Masala chai, 200 g", UnitPrice: 980},
	{SKU: "TEA-EARL-250", Title: "Earl Grey, 250 g", UnitPrice: 1120},
	{SKU: "COF-HOUSE-500", Title: "House blend coffee, 500 g", UnitPrice: 1375},
	{SKU: "COF-DECAF-250", Title: "Decaf coffee, 250 g", UnitPrice: 990},
	{SKU: "COF-YIRGA-250", Title: "Yirgacheffe coffee, 250 g", UnitPrice: 1650},
	{SKU: "POT-GLASS-1L", Title: "Glass teapot, 1 l", UnitPrice: 3400},
	{SKU: "POT-CAST-08", Title: "Cast iron teapot, 0.8 l", UnitPrice: 6250},
	{SKU: "CUP-STONE-2", Title: "Stoneware cups, pair", UnitPrice: 2225},
	{SKU: "CUP-ESPR-4", Title: "Espresso cups, set of 4", UnitPrice: 2890},
	{SKU: "PRS-FRENCH-1L", Title: "French press, 1 l", UnitPrice: 3150},
	{SKU: "FLT-PAPER-100", Title: "Paper filters, 100", UnitPrice: 375},
	{SKU: "FLT-STEEL-1", Title: "Steel filter", UnitPrice: 1999},
	{SKU: "GRN-HAND-1", Title: "Hand grinder", UnitPrice: 5450},
	{SKU: "KTL-GOOSE-1", Title: "Gooseneck kettle", UnitPrice: 7900},
	{SKU: "SCL-POCKET-1", Title: "Pocket scale", UnitPrice: 2475},
	{SKU: "TIN-AIR-500", Title: "Airtight tin, 500 g", UnitPrice: 850},
	{SKU: "WHK-BAMBOO-1", Title: "Bamboo whisk", UnitPrice: 1225},
}

var (
	givenNames  = []string{"Ada", "Bilal", "Chiara", "Dilek", "Emeka", "Freya", "Goran", "Hana", "Ines", "Jakub", "Kofi", "Lena"}
	familyNames = []string{"Almeida", "Brandt", "Costa", "Dubois", "Eriksen", "Farkas", "Haddad", "Ito", "Kaur", "Novak", "Okafor", "Silva"}
	cities      = []string{"Aarhus", "Bergen", "Bologna", "Ghent", "Graz", "Leipzig", "Lyon", "Porto", "Tartu", "Utrecht"}
	statuses    = []string{"placed", "paid", "packed", "shipped", "delivered"}
)
