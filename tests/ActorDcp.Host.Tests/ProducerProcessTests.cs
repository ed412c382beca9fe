using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace ActorDcp.Host.Tests;

/// <summary>TLS, client certificates and kill -9, through real processes.</summary>
public sealed class ProducerProcessTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actordcp");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Pem_files_open_a_tls_port_where_passwords_and_client_certificates_log_in()
    {
        using var authority = MakeAuthority("ours");
        using var stranger = MakeAuthority("another");
        MakeCertificate(authority, "localhost", "server");
        MakeCertificate(authority, "Administrator", "client");
        MakeCertificate(stranger, "Administrator", "stranger");
        await using var producer = HostProcess.Start(
            ["producer", "--port", "0", "--vbuckets", "4", "--load", "40", "--tls-cert", Pem("server"), "--tls-key", Key("server"), "--tls-client-ca", Pem("ours"),
                "--https", "0"]);
        using var ready = JsonDocument.Parse(await producer.FirstLineAsync());
        var connection = $"couchbases://localhost:{ready.RootElement.GetProperty("ports").GetProperty("kv_tls")[0].GetInt32()}";
        string[] drain = ["drain", "--connection", connection, "--format", "count"];

        var password = await HostProcess.RunAsync([.. drain, "--ca", Pem("ours"), "--user", "Administrator", "--password", "password"]);
        var certificate = await HostProcess.RunAsync([.. drain, "--ca", Pem("ours"), "--cert", Pem("client"), "--key", Key("client")]);
        var refused = await HostProcess.RunAsync([.. drain, "--ca", Pem("ours"), "--cert", Pem("stranger"), "--key", Key("stranger")]);
        var untrusted = await HostProcess.RunAsync([.. drain, "--ca", Pem("another"), "--user", "Administrator", "--password", "password"]);

        Assert.InRange(ready.RootElement.GetProperty("ports").GetProperty("https").GetInt32(), 1, ushort.MaxValue);
        Assert.Equal((0, ""), (password.ExitCode, password.Error));
        Assert.Contains("\"items\":40,", password.Output, StringComparison.Ordinal);
        Assert.Equal((0, ""), (certificate.ExitCode, certificate.Error));
        Assert.Contains("\"items\":40,", certificate.Output, StringComparison.Ordinal);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"may not accept the client certificate {Pem("stranger")}", refused.Error, StringComparison.Ordinal);
        Assert.Equal(1, untrusted.ExitCode);
        Assert.Contains("is not accepted", untrusted.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_kill_9_a_connected_drain_follows_the_new_branch_and_ends_with_what_is_there()
    {
        var (lines, offsets, all) = (FileOf("lines.jsonl"), FileOf("offsets.json"), FileOf("all.jsonl"));
        string[] produce = ["producer", "--vbuckets", "4", "--value-size", "64", "--data", FileOf("data")];
        string port;
        HostProcess drain;
        await using (var producer = HostProcess.Start([.. produce, "--port", "0", "--rate", "20000"]))
        {
            port = PortOf(await producer.FirstLineAsync());
            drain = HostProcess.Start(
                ["drain", "--connection", $"couchbase://127.0.0.1:{port}", "--user", "Administrator", "--password", "password", "--until", "never", "--out", lines, "--save-offsets", offsets]);
            await HoldsAsync(() => File.Exists(lines) && new FileInfo(lines).Length > 1_000_000);
        }
        await using var drained = drain;
        await using var again = HostProcess.Start([.. produce, "--port", port]);
        await again.FirstLineAsync();
        var whole = await HostProcess.RunAsync(
            "drain", "--connection", $"couchbase://127.0.0.1:{port}", "--user", "Administrator", "--password", "password", "--out", all, "--save-offsets", FileOf("all.json"));
        Assert.Equal(0, whole.ExitCode);
        var expected = StateOf(all);
        await HoldsAsync(() => expected.SetEquals(StateOf(lines)));
        await drain.SignalAsync("INT");

        Assert.Equal(130, await drain.WaitForExitAsync());
        Assert.NotEmpty(expected);
        Assert.Equal(SeqnosOf(FileOf("all.json")), SeqnosOf(offsets));
    }

    /// <summary>The newest change of each key, as lines of a drain tell it.</summary>
    private static HashSet<(int VBucket, ulong Seqno, string Key)> StateOf(string file)
    {
        var changes = new SortedDictionary<(int VBucket, ulong Seqno), string>();
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } text && text.EndsWith('}'))
        {
            using var line = JsonDocument.Parse(text);
            var vbucket = line.RootElement.GetProperty("vb").GetInt32();
            switch (line.RootElement.GetProperty("type").GetString())
            {
                case "mutation":
                    changes.Add((vbucket, line.RootElement.GetProperty("seqno").GetUInt64()), line.RootElement.GetProperty("key").GetString()!);
                    break;
                case "rolled_back":
                    var to = line.RootElement.GetProperty("to").GetUInt64();
                    foreach (var lost in changes.Keys.Where(at => at.VBucket == vbucket && at.Seqno > to).ToList())
                        changes.Remove(lost);
                    break;
            }
        }
        var newest = new Dictionary<string, (int VBucket, ulong Seqno, string Key)>();
        foreach (var (at, key) in changes)
            newest[key] = (at.VBucket, at.Seqno, key);
        return [.. newest.Values];
    }

    private static List<ulong> SeqnosOf(string offsets)
    {
        using var file = JsonDocument.Parse(File.ReadAllText(offsets));
        return [.. file.RootElement.GetProperty("vbuckets").EnumerateArray().Select(vbucket => vbucket.GetProperty("seqno").GetUInt64())];
    }

    private static string PortOf(string readyLine)
    {
        using var ready = JsonDocument.Parse(readyLine);
        return ready.RootElement.GetProperty("ports").GetProperty("kv")[0].GetInt32().ToString(CultureInfo.InvariantCulture);
    }

    private static async Task HoldsAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!condition())
            await tick.WaitForNextTickAsync(deadline.Token);
    }

    private string FileOf(string name) => Path.Combine(_folder.FullName, name);

    private string Pem(string name) => FileOf(name + ".pem");

    private string Key(string name) => FileOf(name + ".key");

    private X509Certificate2 MakeAuthority(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        File.WriteAllText(Pem(name), certificate.ExportCertificatePem());
        return certificate;
    }

    private void MakeCertificate(X509Certificate2 authority, string commonName, string file)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={commonName}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(commonName);
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(Pem(file), certificate.ExportCertificatePem());
        File.WriteAllText(Key(file), key.ExportPkcs8PrivateKeyPem());
    }
}
