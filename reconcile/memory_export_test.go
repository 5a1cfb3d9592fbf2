package reconcile

// Mutant is a set of rules that a journal breaks.
type Mutant = mutant

// The rules that a journal can break.
const (
	IgnoreOverlap        = ignoreOverlap
	BeginKeepsGeneration = beginKeepsGeneration
	AdmitOpposite        = admitOpposite
	NeverSettle          = neverSettle
	SettleEarly          = settleEarly
	AdmitPartly          = admitPartly
	IgnoreWants          = ignoreWants
	EndCleans            = endCleans
	ClearShared          = clearShared
	MarkKeepsGeneration  = markKeepsGeneration
	ClaimOpen            = claimOpen
	ClaimParked          = claimParked
	ClaimNewest          = claimNewest
	ClaimWithoutOwner    = claimWithoutOwner
	IgnoreGeneration     = ignoreGeneration
	ReleaseForgetsLate   = releaseForgetsLate
	IgnoreBackOff        = ignoreBackOff
	IgnoreLate           = ignoreLate
	IgnoreLease          = ignoreLease
	ReapCleans           = reapCleans
	HideGap              = hideGap
	CloseLeavesGap       = closeLeavesGap
	TurnAnyway           = turnAnyway
	NeverTurn            = neverTurn
	ForgetLateEnd        = forgetLateEnd
	LastMarkDecides      = lastMarkDecides
	AllMutants           = allMutants
)

// NewMutant returns a journal in memory that breaks rules.
func NewMutant(config MemoryConfig, rules Mutant) *Memory { return newMemory(config, rules) }
