package rule

import "sync"

// A Memo keeps what rules have worked out, so that the next rule or the next file
// need not work it out again. It may be shared between goroutines.
type Memo struct {
	mu    sync.Mutex
	known map[any]func() any
}

// once gives the value of key, computed by the first caller. Callers that come
// meanwhile wait for it.
func (m *Memo) once(key any, compute func() any) any {
	m.mu.Lock()
	get, ok := m.known[key]
	if !ok {
		if m.known == nil {
			m.known = map[any]func() any{}
		}
		get = sync.OnceValue(compute)
		m.known[key] = get
	}
	m.mu.Unlock()
	return get()
}

// memoKey keeps values of different types under one key apart.
type memoKey[T any] struct{ key any }

// OfFile is a value that depends on the pass's Dockerfile alone, such as the
// commands of its RUN instructions. key must be comparable and T tells values
// under one key apart.
func OfFile[T any](p *Pass, key any, compute func() T) T {
	return p.file.once(memoKey[T]{key}, func() any { return compute() }).(T)
}

// OfContext is a value that depends on the pass's build context alone.
func OfContext[T any](p *Pass, compute func() T) T {
	return p.shared.once(memoKey[T]{p.Project.Context}, func() any { return compute() }).(T)
}
