package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/cutovertest"
	"github.com/gocutover/cutover/reconcile"
	"github.com/gocutover/cutover/sqljournal"
)

const workers = 4

// repairs measures repair against a loop by hand that gets, gets and puts each record, with the
// same functions and as many at a time.
func repairs(ctx context.Context, p *place, s settings) error {
	kind, err := p.kind()
	if err != nil {
		return err
	}
	journal, err := sqljournal.Open(ctx, p.journal, sqljournal.Config{Dialect: p.dialect, Logger: quiet})
	if err != nil {
		return err
	}
	defer func() { _ = journal.Close(ctx) }()
	repair, err := reconcile.NewRepair(journal, "repairs", reconcile.RepairConfig{Workers: workers, Batch: 200, Logger: quiet}, kind)
	if err != nil {
		return err
	}
	var hand, ours, ratios []float64
	for range s.rounds {
		byHand, err := p.repairByHand(ctx, s)
		if err != nil {
			return err
		}
		byUs, err := p.repairByJournal(ctx, s, journal, repair)
		if err != nil {
			return err
		}
		hand, ours, ratios = append(hand, byHand), append(ours, byUs), append(ratios, byUs/byHand)
	}
	fmt.Printf("Repair on %s: %.0f records/s of %.0f by hand: %.2f (%d records that are missing in the new system, %d at a time)\n\n",
		p.name, median(ours), median(hand), median(ratios), s.records, workers)
	return nil
}

// unequal makes all records missing in the new system.
func (p *place) unequal(ctx context.Context, s settings) error {
	if _, err := p.new.ExecContext(ctx, `DELETE FROM orders`); err != nil {
		return err
	}
	tx, err := p.old.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // which does nothing after a commit
	for id := range s.records {
		if _, err := tx.ExecContext(ctx, p.upsert, id, "an order"); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (p *place) repairByHand(ctx context.Context, s settings) (perSecond float64, err error) {
	if err := p.unequal(ctx, s); err != nil {
		return 0, err
	}
	began := time.Now()
	errs := make([]error, workers)
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for id := w; id < s.records && errs[w] == nil; id += workers {
				errs[w] = p.copyByHand(ctx, int64(id))
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return 0, err
		}
	}
	return float64(s.records) / time.Since(began).Seconds(), nil
}

func (p *place) copyByHand(ctx context.Context, id int64) error {
	var body, other string
	if err := p.old.QueryRowContext(ctx, p.get, id).Scan(&body); err != nil {
		return err
	}
	if err := p.new.QueryRowContext(ctx, p.get, id).Scan(&other); err == nil && other == body {
		return nil
	}
	return p.put(p.new)(ctx, order{id, body})
}

func (p *place) repairByJournal(
	ctx context.Context, s settings, journal *sqljournal.Journal, repair *reconcile.Repair,
) (perSecond float64, err error) {
	if err := p.unequal(ctx, s); err != nil {
		return 0, err
	}
	records := make([]cutover.RecordKey, s.records)
	for id := range records {
		records[id] = cutover.RecordKey{Kind: "order", Key: strconv.Itoa(id)}
	}
	journal.Mark(ctx, cutover.JournalMark{
		Flag: "repairs", Records: records, From: ldmigration.Old, Dirty: cutover.SecondaryFailed, Written: true,
	})
	for { // until the marks are in the database
		backlog, err := journal.Backlog(ctx, "repairs")
		if err != nil {
			return 0, err
		}
		if backlog.Dirty == s.records {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	began, before := time.Now(), repair.Figures().Cleared
	within, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- repair.Run(within) }()
	for want := before + uint64(max(s.records, 0)); repair.Figures().Cleared < want; {
		time.Sleep(2 * time.Millisecond)
	}
	perSecond = float64(s.records) / time.Since(began).Seconds()
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		return 0, err
	}
	return perSecond, nil
}

// inMemory measures what the journal in memory adds to a write whose functions do nothing.
func inMemory(ctx context.Context, s settings) error {
	none := func(context.Context, order) error { return nil }
	perWrite := func(b *cutover.Builder, records bool) (time.Duration, error) {
		c, err := b.Logger(quiet).Build()
		if err != nil {
			return 0, err
		}
		wb := cutover.NewWriter(c, none, none)
		if records {
			wb.Records(byID)
		}
		w, err := wb.Build()
		if err != nil {
			return 0, err
		}
		const n = 100_000
		began := time.Now()
		for id := range int64(n) {
			if err := w.Write(ctx, shop, order{id: id}); err != nil {
				return 0, err
			}
		}
		return time.Since(began) / n, nil
	}
	client := cutovertest.NewClient(ldmigration.Shadow)
	least := [2]time.Duration{time.Hour, time.Hour}
	for range 2 * s.rounds {
		bare, err := perWrite(cutover.New(client, "orders"), false)
		if err != nil {
			return err
		}
		kind, err := (&place{}).kind()
		if err != nil {
			return err
		}
		journaled, err := perWrite(cutover.New(client, "orders").Journal(reconcile.NewMemory(reconcile.MemoryConfig{}), kind), true)
		if err != nil {
			return err
		}
		least = [2]time.Duration{min(least[0], bare), min(least[1], journaled)}
	}
	fmt.Printf("A journal in memory: a write of %v takes %v with it.\n\n", least[0], least[1])
	return nil
}
