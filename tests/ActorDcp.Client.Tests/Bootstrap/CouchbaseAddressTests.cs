namespace ActorDcp.Client.Tests.Bootstrap;

public sealed class CouchbaseAddressTests
{
    [Theory]
    [InlineData("couchbase://127.0.0.1", "127.0.0.1:11210")]
    [InlineData("couchbases://a.example.com", "a.example.com:11207 a.example.com:18091 (HTTP)")]
    [InlineData("couchbases://a.example.com:11207,b", "a.example.com:11207 b:11207 a.example.com:18091 (HTTP) b:18091 (HTTP)")]
    [InlineData("couchbase://[::1]:11210", "[::1]:11210")]
    [InlineData("couchbase://[2001:db8::7]", "[2001:db8::7]:11210")]
    [InlineData("couchbase://a:1000=mcd,b:2000=http", "a:1000 b:2000 (HTTP)")]
    [InlineData("couchbase://a:8091", "a:8091 (HTTP)")]
    [InlineData("couchbase://a:8091=mcd", "a:8091")]
    [InlineData("couchbases://a:1234", "a:1234")]
    [InlineData("COUCHBASE://a/", "a:11210")]
    public void Hosts_and_ports_become_the_places_to_ask(string text, string seeds)
    {
        var address = CouchbaseAddress.Parse(text);

        Assert.Equal(seeds, string.Join(' ', address.Seeds(address.IsSecure)));
    }

    [Fact]
    public void Without_tls_a_password_goes_over_http_only_where_somebody_wrote_so() =>
        Assert.DoesNotContain(CouchbaseAddress.Parse("couchbase://a,b:11210").Seeds(tls: false), seed => seed.Service == CouchbaseService.Management);

    [Theory]
    [InlineData("couchbase://a?network=external&enable_dns_srv=false", "external", false)]
    [InlineData("couchbase://a/?network=vpc%201", "vpc 1", true)]
    [InlineData("couchbase://a", "auto", true)]
    public void Options_are_read(string text, string network, bool lookup)
    {
        var address = CouchbaseAddress.Parse(text);

        Assert.Equal(network, address.Network);
        Assert.Equal(lookup, address.AllowsServiceLookup);
    }

    [Theory]
    [InlineData("127.0.0.1", "couchbase://host")]
    [InlineData("http://a:8091", "couchbase://host")]
    [InlineData("couchbase://", "names no host")]
    [InlineData("couchbase://a,,b", "names no host")]
    [InlineData("couchbase://a:b", "\"b\" for the port of a")]
    [InlineData("couchbase://a:0", "1 to 65535")]
    [InlineData("couchbase://a:11210=kv", "11210=mcd")]
    [InlineData("couchbase://[::1", "brackets")]
    [InlineData("couchbase://[::1]11210", "[address]:port")]
    [InlineData("couchbase://::1", "brackets")]
    [InlineData("couchbase://a b", "\"a b\"")]
    [InlineData("couchbase://a/travel", "path")]
    [InlineData("couchbase://a?kv_timeout=5s", "\"kv_timeout\"")]
    [InlineData("couchbase://a?netwrok=external", "\"netwrok\"")]
    [InlineData("couchbase://a?network=", "network=external")]
    [InlineData("couchbase://a?enable_dns_srv=on", "enable_dns_srv=true")]
    public void What_is_wrong_is_named_with_its_mend(string text, string words)
    {
        Assert.Contains(words, CouchbaseAddress.Check(text), StringComparison.Ordinal);
        Assert.Contains(words, Assert.Throws<FormatException>(() => CouchbaseAddress.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("couchbase://db.example.com", false, "_couchbase._tcp.db.example.com")]
    [InlineData("couchbase://db.example.com", true, "_couchbases._tcp.db.example.com")]
    [InlineData("couchbase://db.example.com:11210", false, null)]
    [InlineData("couchbase://a.example.com,b.example.com", false, null)]
    [InlineData("couchbase://10.0.0.1", false, null)]
    [InlineData("couchbase://[::1]", false, null)]
    [InlineData("couchbase://localhost", false, null)]
    [InlineData("couchbase://db.example.com?enable_dns_srv=false", false, null)]
    public void Only_a_single_name_without_a_port_stands_for_a_service(string text, bool tls, string? service) =>
        Assert.Equal(service, CouchbaseAddress.Parse(text).ServiceName(tls));
}
