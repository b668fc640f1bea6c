module bridge_with_ring_and_go

go 1.19

require foreign_call/ring v0.0.0

replace foreign_call/ring => ../../../foreign_call/go/ring
