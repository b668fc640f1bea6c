module foreign_call/ring

go 1.19
