module foreign_call/ring_peer

go 1.19

require foreign_call/ring v0.0.0

replace foreign_call/ring => ../../go/ring
