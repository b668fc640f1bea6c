module bridge_with_go_and_the_library

go 1.19
