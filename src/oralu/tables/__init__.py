"""The policy over tables: files of a register, databases and clusters, and the tables of cells kept on disk.

No Django and no database of ours: what is here takes files and columns, and gives files and columns."""
