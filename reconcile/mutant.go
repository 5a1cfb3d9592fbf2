package reconcile

// mutant is a set of rules that a journal breaks, so that tests can show what each is for. It is
// zero but in tests of this package.
type mutant uint32

const (
	ignoreOverlap        mutant = 1 << iota // operations at the same time leave the record clean
	beginKeepsGeneration                    // a begin does not raise the generation
	admitOpposite                           // a write begins while the other direction has it open
	neverSettle                             // a write takes over what the other direction left dirty
	settleEarly                             // a write settles while late writes may take effect
	admitPartly                             // a begin that waits has some of its records open
	ignoreWants                             // who waits for the other direction is passed by
	endCleans                               // a clean end makes a dirty record clean
	clearShared                             // an end deletes the row of a record that others write
	markKeepsGeneration                     // a mark does not raise the generation
	claimOpen                               // a record is claimed while it is open
	claimParked                             // a parked record is claimed
	claimNewest                             // the newest record is claimed first
	claimWithoutOwner                       // a claim does not open the record
	ignoreGeneration                        // a release does not compare the generation
	releaseForgetsLate                      // a release makes a record due in spite of late writes
	ignoreBackOff                           // a record is claimed before it is due again
	ignoreLate                              // late writes are not waited for
	ignoreLease                             // a process goes on after its lease ran out
	reapCleans                              // what a lost process had open is left clean
	hideGap                                 // a lost process leaves no gap
	closeLeavesGap                          // a closed journal leaves a gap
	turnAnyway                              // a direction turns though records are open or dirty
	neverTurn                               // a direction does not turn by itself
	lastMarkDecides                         // a row dirty from both directions is repaired from one
	forgetLateEnd                           // an end of an operation whose row is gone is dropped

	allMutants mutant = 1<<iota - 1
)

func (m mutant) has(rule mutant) bool { return m&rule != 0 }
