using System.Net;
using System.Net.Sockets;

namespace ActorDcp.Producer;

/// <summary>Refuses options that cannot work, naming key, value and mend.</summary>
internal static class OptionsCheck
{
    private const int MostVBuckets = 1_024;
    private const int MostNodes = 64;
    private const int MostReplicas = 3;

    /// <summary>Checks all, and finds the address to listen on.</summary>
    public static async Task<IPAddress> ResolveAsync(EmbeddedProducerOptions options, CancellationToken cancellationToken)
    {
        Require(options.VBuckets is >= 1 and <= MostVBuckets, nameof(options.VBuckets), options.VBuckets, $"give 1 to {MostVBuckets}");
        Require(options.Port is >= 0 and <= ushort.MaxValue, nameof(options.Port), options.Port, "give 0 to 65535");
        Require(options.TlsPort is >= 0 and <= ushort.MaxValue, nameof(options.TlsPort), options.TlsPort, "give 0 to 65535");
        Require(options.HttpPort is null or (>= 0 and <= ushort.MaxValue), nameof(options.HttpPort), options.HttpPort, "give 0 to 65535");
        Require(options.HttpsPort is null or (>= 0 and <= ushort.MaxValue), nameof(options.HttpsPort), options.HttpsPort, "give 0 to 65535");
        Require(options.HttpsPort is null || options.TlsCertificate is not null, nameof(options.HttpsPort), options.HttpsPort,
            $"give {nameof(options.TlsCertificate)} too, which it is served with");
        Require(options.Nodes is >= 1 and <= MostNodes, nameof(options.Nodes), options.Nodes, $"give 1 to {MostNodes}");
        Require(options.Replicas is >= 0 and <= MostReplicas, nameof(options.Replicas), options.Replicas, $"give 0 to {MostReplicas}");
        RequirePorts(options);
        Require(options.Bucket.Length is >= 1 and <= 100, nameof(options.Bucket), options.Bucket, "give a name of 1 to 100 characters");
        Require(options.User.Length > 0, nameof(options.User), options.User, "give a user name");
        foreach (var user in options.Users)
            Require(user.Name.Length > 0 && user.Name != options.User && options.Users.Count(other => other.Name == user.Name) == 1,
                nameof(options.Users), user.Name, "give each user a name of its own");
        Require(options.CheckpointMaxItems > 0, nameof(options.CheckpointMaxItems), options.CheckpointMaxItems, "give a positive number");
        Require(options.MaxConnections > 0, nameof(options.MaxConnections), options.MaxConnections, "give a positive number");
        Require(options.ExpiryPagerInterval > TimeSpan.Zero, nameof(options.ExpiryPagerInterval), options.ExpiryPagerInterval, "give a positive time");
        Require(options.TlsCertificate is not { HasPrivateKey: false }, nameof(options.TlsCertificate),
            options.TlsCertificate?.Subject, "give a certificate with its private key");

        var address = await FindAddressAsync(options.Host, cancellationToken);
        if (!IPAddress.IsLoopback(address) && options.Password is EmbeddedProducerOptions.DefaultPassword or "")
            throw new ArgumentException(
                $"{nameof(options.Host)} is '{options.Host}', which other machines can reach: set {nameof(options.Password)} to one of your own, "
                + "or listen on 127.0.0.1");
        if (!IPAddress.IsLoopback(address) && options.Users.FirstOrDefault(user => user.Password.Length == 0) is { } open)
            throw new ArgumentException(
                $"{nameof(options.Host)} is '{options.Host}', which other machines can reach: give user '{open.Name}' a password, or listen on 127.0.0.1");
        return address;
    }

    /// <summary>Each node takes the port that is as far from the first node's as it is itself.</summary>
    private static void RequirePorts(EmbeddedProducerOptions options)
    {
        var ranges = new List<(string Name, int First)> { (nameof(options.Port), options.Port) };
        if (options.TlsCertificate is not null)
            ranges.Add((nameof(options.TlsPort), options.TlsPort));
        if (options.HttpPort is { } http)
            ranges.Add((nameof(options.HttpPort), http));
        if (options.HttpsPort is { } https)
            ranges.Add((nameof(options.HttpsPort), https));
        ranges.RemoveAll(range => range.First == 0);
        foreach (var (name, first) in ranges)
        {
            Require(first + options.Nodes - 1 <= ushort.MaxValue, name, first, $"give a port that leaves room for {options.Nodes} nodes");
            foreach (var (other, at) in ranges)
                Require(name == other || Math.Abs(first - at) >= options.Nodes, name, first,
                    $"{options.Nodes} nodes take as many ports from it on, and {other} begins at {at}: give another, or 0");
        }
    }

    private static async Task<IPAddress> FindAddressAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var address))
            return address;
        try
        {
            var found = await Dns.GetHostAddressesAsync(host, cancellationToken);
            return found.FirstOrDefault(candidate => candidate.AddressFamily == AddressFamily.InterNetwork) ?? found[0];
        }
        catch (SocketException exception)
        {
            throw new ArgumentException($"{nameof(EmbeddedProducerOptions.Host)} is '{host}', which has no address: give an address of this machine", exception);
        }
    }

    private static void Require(bool fine, string name, object? value, string mend)
    {
        if (!fine)
            throw new ArgumentException($"{name} is '{value}': {mend}");
    }
}
