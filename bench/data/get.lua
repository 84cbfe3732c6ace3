local n = 0
request = function()
	n = n % 1000 + 1
	return wrk.format("GET", "/products/" .. n)
end
done = function(summary, latency)
	local e = summary.errors
	io.write(string.format('WARD {"rps":%.1f,"p50":%d,"p99":%d,"errors":%d}\n', summary.requests / summary.duration * 1e6,
		latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
