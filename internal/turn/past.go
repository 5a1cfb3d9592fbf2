package turn

// past remembers the last writes of a shard that are over. The zero value is ready.
type past struct {
	writes    []write
	next      int
	forgotten uint64 // the end of the last write that was dropped
}

type write struct {
	key   uint64
	ended uint64 // the number of writes of the space that had ended with it
}

// remembered limits what is kept of a shard. A record counts as written if an older write could
// have been its.
const remembered = 128

func (p *past) add(key uint64, ended uint64) {
	if len(p.writes) < remembered {
		p.writes = append(p.writes, write{key, ended})
		return
	}
	p.forgotten = p.writes[p.next].ended
	p.writes[p.next] = write{key, ended}
	p.next = (p.next + 1) % remembered
}

func (p *past) has(key uint64, since uint64) bool {
	if p.forgotten > since {
		return true
	}
	for _, w := range p.writes {
		if w.key == key && w.ended > since {
			return true
		}
	}
	return false
}
