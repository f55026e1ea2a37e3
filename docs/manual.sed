# What scdoc leaves undone: no words cut at the end of a line (.TH has turned that on again), and
# minus signs that stay together with their options and can be copied from the page.
/^\.TH/a .nh
/^\(\.\|\\h\)/!s/\\\{0,1\}-/\\-/g
# A numbered list hangs by one column: the number is a character wider than a bullet, which scdoc
# does not count.
s/^\(\\h'-04'[0-9]\.\\h'+0\)3'/\12'/
