package cutover

// BusyKeys returns the number of keys that operations of c use now.
func BusyKeys(c *Cutover) int { return c.settings.keys.Busy() }

// UnderWay returns the number of secondaries of c that are under way.
func UnderWay(c *Cutover) int { return c.settings.reads.calls.Len() + c.settings.writes.calls.Len() }
