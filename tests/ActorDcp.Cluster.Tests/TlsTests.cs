using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ActorDcp.Cluster.Tests.Members;

namespace ActorDcp.Cluster.Tests;

/// <summary>Members with certificates of one authority form a cluster; who shows another certificate, or none, stays outside.</summary>
public sealed class TlsTests
{
    [Fact]
    public async Task Members_need_a_certificate_that_the_others_trust()
    {
        using var folder = new TestFolder();
        using var authority = Authority("members");
        using var stranger = Authority("strangers");
        var ours = Issue(folder, authority, "member");
        var theirs = Issue(folder, stranger, "stranger");
        var password = folder.File("password");
        await File.WriteAllTextAsync(password, "p fx");
        var ca = folder.File("ca.pem");
        await File.WriteAllTextAsync(ca, authority.ExportCertificatePem());
        await using var cluster = await TestCluster.StartAsync(new TestClusterOptions
        {
            Members = 4, StartedMembers = 2, Seeds = 2, UsesRelays = false,
            Settings = [("Cluster:Tls:CertFile", ours), ("Cluster:Tls:CertPasswordFile", password), ("Cluster:Tls:CaFile", ca)],
        });
        var members = cluster.Running.ToArray();

        var plain = cluster.Start(2, ("Cluster:Tls:CertFile", ""), ("Cluster:Tls:CertPasswordFile", ""), ("Cluster:Tls:CaFile", ""));
        var other = cluster.Start(3, ("Cluster:Tls:CertFile", theirs));
        foreach (var outside in new[] { plain, other })
            await Eventually.TrueAsync(
                () => outside.HasExited || outside.Error.Contains("has answered yet", StringComparison.Ordinal), () => outside.Error, TestCluster.Deadline);

        await cluster.EvenAsync(members);
        Assert.DoesNotContain("ready", plain.Output + other.Output, StringComparison.Ordinal);
        foreach (var outside in new[] { plain, other }.Where(outside => !outside.HasExited))
            await outside.KillAsync();
        cluster.AssertRight(await cluster.SettleAsync());
        Assert.All(cluster.All, member => Assert.DoesNotContain("p fx", member.Error + member.Output, StringComparison.Ordinal));
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static string Issue(TestFolder folder, X509Certificate2 authority, string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        using var bare = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(12), RandomNumberGenerator.GetBytes(8));
        using var whole = bare.CopyWithPrivateKey(key);
        var file = folder.File(name + ".pfx");
        File.WriteAllBytes(file, whole.Export(X509ContentType.Pfx, "p fx"));
        return file;
    }
}
