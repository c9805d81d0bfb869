"""What Praxis says and hears over ROS 2; only `link.py` needs ROS 2 itself."""
