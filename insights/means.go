package insights

// meaning is what a stage asks of each system: the old one first, the new one second.
type meaning struct {
	reads, writes [2]bool
	answers       int // the system whose results the caller gets
}

// means has the stages in their order.
var means = [len(stages)]meaning{
	{reads: [2]bool{true, false}, writes: [2]bool{true, false}, answers: 0}, // off
	{reads: [2]bool{true, false}, writes: [2]bool{true, true}, answers: 0},  // dualwrite
	{reads: [2]bool{true, true}, writes: [2]bool{true, true}, answers: 0},   // shadow
	{reads: [2]bool{true, true}, writes: [2]bool{true, true}, answers: 1},   // live
	{reads: [2]bool{false, true}, writes: [2]bool{true, true}, answers: 1},  // rampdown
	{reads: [2]bool{false, true}, writes: [2]bool{false, true}, answers: 1}, // complete
}

func (m *meaning) compares() bool   { return m.reads[0] && m.reads[1] }
func (m *meaning) writesBoth() bool { return m.writes[0] && m.writes[1] }
