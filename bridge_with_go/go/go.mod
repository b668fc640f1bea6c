module bridge_with_go

go 1.19
