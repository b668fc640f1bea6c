module bridge_with_ring_and_go

go 1.19
