using ActorDcp.Client;
using ActorDcp.Hosting.Runtime;
using ActorDcp.Protocol.Requests;

namespace ActorDcp.Hosting.Tests;

/// <summary>The names that a member's connections get at Couchbase (dcp-reference.md 3.1).</summary>
public sealed class ConnectionNameTests
{
    private static readonly KvEndpoint Node = new("node", 11_210);

    [Theory]
    [InlineData("orders", "host-17-ab12")]
    [InlineData("replication.of.orders", "replication-17-ab12")]
    [InlineData("", "")]
    public void Each_connection_has_a_legal_name_of_its_own(string group, string member)
    {
        // the longest that options and the system allow
        group = group.Length == 0 ? new string('g', 100) : group;
        member = member.Length == 0 ? new string('h', 64) + "-4194304-ab12" : member;
        var setup = new ClientSetup(new ActorDcpOptions { Group = group, Bucket = "b" });

        var names = Enumerable.Range(0, 100).Select(_ => setup.Connection(member, Node).Name).ToList();

        Assert.Equal(100, names.Distinct(StringComparer.Ordinal).Count());
        Assert.All(names, name => Assert.Equal(name, DcpConnectionName.Parse(name).Value));
    }
}
