module foreign_call_conformance_go

go 1.19
