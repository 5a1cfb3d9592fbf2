package insights_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

func ExampleNew() {
	figures, err := insights.New(insights.Config{})
	if err != nil {
		panic(err)
	}
	orders, err := cutover.New(fixed{}, "orders-to-postgres").Observe(figures).Build()
	if err != nil {
		panic(err)
	}
	order := func(_ context.Context, id int) (string, error) { return fmt.Sprint("order ", id), nil }
	getOrder, err := cutover.NewReader(orders, order, order).CompareEqual().Build()
	if err != nil {
		panic(err)
	}
	if _, err := getOrder.Read(context.Background(), ldcontext.NewWithKind("tenant", "acme"), 7); err != nil {
		panic(err)
	}
	verdict, _ := figures.Verdict("orders-to-postgres")
	fmt.Printf("%s → %s: %s\n", verdict.Stage, verdict.Forward.To, verdict.Forward.Answer)
	// Output: off → dualwrite: safe
}

func ExampleFigures_Verdict() {
	thresholds := insights.DefaultThresholds()
	thresholds.Checks, thresholds.Consistency, thresholds.P99Ratio = 500, 0.99, insights.NotJudged
	figures, err := insights.New(insights.Config{Thresholds: &thresholds})
	if err != nil {
		panic(err)
	}
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
	// - safe - 100% consistent, 99.0% wanted: 0 of 100 reads differ
	// - safe - the latency of new reads is not judged
}

func ExampleFigures_Keys() {
	figures, err := insights.New(insights.Config{})
	if err != nil {
		panic(err)
	}
	for _, id := range []string{"order 7", "order 8"} { // a service does this by its writes
		figures.Observe(context.Background(), cutover.Observation{
			Operation: ldmigration.Write, Flag: "orders-to-postgres", Stage: ldmigration.Shadow,
			Old:   cutover.Outcome[any]{Invoked: true},
			New:   cutover.Outcome[any]{Invoked: true, Err: errors.New("connection refused")},
			Shown: cutover.Shown{Keys: []string{id}}, // see WriterBuilder.RevealKey
		})
	}
	for _, record := range figures.Keys("orders-to-postgres") {
		fmt.Printf("%s: %s in %s\n", record.Key, record.What, record.System)
	}
	figures.Repaired("orders-to-postgres", "order 7", "order 8") // after they were copied
	fmt.Println(len(figures.Keys("orders-to-postgres")), "left")
	// Output:
	// order 8: write failed in new
	// order 7: write failed in new
	// 0 left
}

func ExampleFigures_Handler() {
	figures, err := insights.New(insights.Config{Hosts: []string{"admin.example.com"}})
	if err != nil {
		panic(err)
	}
	onlyForUs := func(next http.Handler) http.Handler { return next } // your own authentication
	mux := http.NewServeMux()
	mux.Handle("/migration/", onlyForUs(figures.Handler()))
	for _, host := range []string{"admin.example.com", "elsewhere.example"} {
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "https://"+host+"/migration/", nil))
		fmt.Println(host, answer.Code)
	}
	// Output:
	// admin.example.com 200
	// elsewhere.example 403
}
