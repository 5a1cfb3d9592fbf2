package insights_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

func ExampleNew() {
	figures := insights.New(insights.Config{})
	orders, err := cutover.New(fixed{}, "orders-to-postgres").Observe(figures).Build()
	if err != nil {
		panic(err)
	}
	order := func(_ context.Context, id int) (string, error) { return fmt.Sprint("order ", id), nil }
	getOrder, err := cutover.NewReader(orders, order, order).Compare(cutover.Equal[string]).Build()
	if err != nil {
		panic(err)
	}
	if _, err := getOrder.Read(context.Background(), ldcontext.New("user-123"), 7); err != nil {
		panic(err)
	}
	verdict, _ := figures.Verdict("orders-to-postgres")
	fmt.Printf("%s → %s: %s\n", verdict.Stage, verdict.Forward.To, verdict.Forward.Answer)
	// Output: off → dualwrite: safe
}

func ExampleFigures_Verdict() {
	figures := insights.New(insights.Config{Thresholds: insights.Thresholds{Checks: 500, Consistency: 0.99}})
	for range 100 { // a service does this by its reads
		figures.Observe(context.Background(), cutover.Observation{
			Operation: ldmigration.Read, Flag: "orders-to-postgres", Stage: ldmigration.Shadow, Consistency: cutover.Consistent,
		})
	}
	verdict, _ := figures.Verdict("orders-to-postgres")
	fmt.Println(verdict.Forward.To, verdict.Forward.Answer)
	for _, reason := range verdict.Forward.Reasons {
		fmt.Println("-", reason.Answer, "-", reason.Text)
	}
	// Output:
	// live not yet
	// - not yet - 100 reads compared, 500 wanted
	// - safe - 100.0% consistent, 99.0% wanted: 0 of 100 reads differ
}

func ExampleFigures_Handler() {
	figures := insights.New(insights.Config{})
	onlyForUs := func(next http.Handler) http.Handler { return next } // your own authentication
	mux := http.NewServeMux()
	mux.Handle("/migration/", onlyForUs(figures.Handler()))
	fmt.Println(mux != nil)
	// Output: true
}
