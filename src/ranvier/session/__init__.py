"""One sitting of one subject on one rig, from checks before to metadata after."""
