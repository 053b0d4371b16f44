package dockerfile

func (f *File) check() {}
