using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using ActorDcp.Producer.Buckets;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests;

public sealed class BootstrapTests
{
    [Theory]
    [InlineData("SCRAM-SHA1", 20)]
    [InlineData("SCRAM-SHA256", 32)]
    [InlineData("SCRAM-SHA512", 64)]
    public async Task Scram_proves_both_sides(string mechanism, int hashLength)
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions());
        await using var client = await RawClient.ConnectAsync(producer);
        var hash = new HashAlgorithmName(mechanism["SCRAM-".Length..]);
        const string first = "n=Administrator,r=0123456789abcdef";
        var challenge = await client.AskAsync(Opcode.SaslAuth, key: Encoding.ASCII.GetBytes(mechanism), value: Encoding.ASCII.GetBytes("n,," + first));
        Assert.Equal(Status.AuthContinue, challenge.Status);
        var parts = challenge.ValueText.Split(',').ToDictionary(part => part[0], part => part[2..]);
        Assert.StartsWith("0123456789abcdef", parts['r'], StringComparison.Ordinal);
        var salted = Rfc2898DeriveBytes.Pbkdf2("password", Convert.FromBase64String(parts['s']), int.Parse(parts['i']), hash, hashLength);
        var final = $"c=biws,r={parts['r']}";
        var message = Encoding.ASCII.GetBytes($"{first},{challenge.ValueText},{final}");
        var clientKey = CryptographicOperations.HmacData(hash, salted, "Client Key"u8);
        var signature = CryptographicOperations.HmacData(hash, CryptographicOperations.HashData(hash, clientKey), message);
        var proof = Convert.ToBase64String([.. clientKey.Zip(signature, (left, right) => (byte)(left ^ right))]);
        var done = await client.AskAsync(Opcode.SaslStep, key: Encoding.ASCII.GetBytes(mechanism), value: Encoding.ASCII.GetBytes($"{final},p={proof}"));
        Assert.Equal(Status.Success, done.Status);
        var server = CryptographicOperations.HmacData(hash, CryptographicOperations.HmacData(hash, salted, "Server Key"u8), message);
        Assert.Equal("v=" + Convert.ToBase64String(server), done.ValueText);
        await client.SelectBucketAsync("default");
    }

    [Fact]
    public async Task Wrong_passwords_unknown_users_and_malformed_messages_are_told_apart_as_the_real_server_does()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions());
        await using var client = await RawClient.ConnectAsync(producer);
        await client.HelloAsync(HelloFeature.Xerror);
        Assert.Equal(Status.AuthError, await AuthAsync("PLAIN", "\0Administrator\0wrong"));
        Assert.Equal(Status.AuthError, await AuthAsync("PLAIN", "\0nobody\0password"));
        Assert.Equal(Status.InvalidArguments, await AuthAsync("PLAIN", "nonsense"));
        Assert.Equal(Status.AuthError, await AuthAsync("NONE", ""));
        Assert.Equal(Status.AuthContinue, await AuthAsync("SCRAM-SHA256", "n,,n=nobody,r=abc"));
        Assert.Equal(Status.AuthError, await StepAsync("SCRAM-SHA256", $"c=biws,r=wrong,p={Convert.ToBase64String(new byte[32])}"));
        Assert.Equal(Status.InvalidArguments, await StepAsync("SCRAM-SHA256", "c=biws,r=wrong,p=AAAA"));
        Assert.Equal(Status.InvalidArguments, await AuthAsync("SCRAM-SHA256", "y,,n=nobody,r=abc"));
        Assert.Equal(Status.NoAccess, (await client.AskAsync(Opcode.Get, key: [0, 1])).Status);
        Assert.Equal(Status.NoAccess, (await client.AskAsync(Opcode.SelectBucket, key: "default"u8.ToArray())).Status);
        Assert.Equal(Status.Success, await AuthAsync("plain", "\0Administrator\0password"));
        Assert.Equal(Status.NoBucket, (await client.AskAsync(Opcode.Get, key: [0, 1])).Status);
        Assert.Equal(Status.KeyNotFound, (await client.AskAsync(Opcode.SelectBucket, key: "nothere"u8.ToArray())).Status);

        async Task<Status> AuthAsync(string mechanism, string value) =>
            (await client.AskAsync(Opcode.SaslAuth, key: Encoding.ASCII.GetBytes(mechanism), value: Encoding.ASCII.GetBytes(value))).Status;

        async Task<Status> StepAsync(string mechanism, string value) =>
            (await client.AskAsync(Opcode.SaslStep, key: Encoding.ASCII.GetBytes(mechanism), value: Encoding.ASCII.GetBytes(value))).Status;
    }

    [Fact]
    public async Task Hello_grants_only_what_is_done_in_ascending_order()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions());
        await using var client = await RawClient.ConnectAsync(producer);
        Assert.Equal([HelloFeature.Xattr, HelloFeature.Xerror, HelloFeature.Snappy, HelloFeature.Collections],
            await client.HelloAsync(HelloFeature.Collections, HelloFeature.Snappy, HelloFeature.ReportUnitUsage, HelloFeature.Xattr, HelloFeature.Xerror, HelloFeature.RangeScanIncludeXattr));
        var refused = await client.AskAsync(Opcode.Helo, value: [0, (byte)HelloFeature.ClustermapChangeNotification]);
        Assert.Equal(Status.InvalidArguments, refused.Status);
        Assert.Equal(Status.InvalidArguments, (await client.AskAsync(Opcode.Helo, value: [0])).Status);
    }

    [Fact]
    public async Task The_cluster_map_names_every_vbucket_and_is_empty_for_who_has_it()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 8 });
        await using var client = await RawClient.LoginAsync(producer);
        var answer = await client.AskAsync(Opcode.GetClusterConfig);
        using var map = JsonDocument.Parse(answer.Value);
        Assert.Equal(8, map.RootElement.GetProperty("vBucketServerMap").GetProperty("vBucketMap").GetArrayLength());
        Assert.Equal($"127.0.0.1:{producer.Endpoint.Port}", map.RootElement.GetProperty("vBucketServerMap").GetProperty("serverList")[0].GetString());
        Assert.Equal(producer.Bucket.Uuid, map.RootElement.GetProperty("uuid").GetString());
        Assert.Empty((await client.AskAsync(Opcode.GetClusterConfig, extras: [.. RawClient.U64(1), .. RawClient.U64(1)])).Value);
        Assert.Equal(Status.InvalidArguments, (await client.AskAsync(Opcode.GetClusterConfig, extras: [.. RawClient.U64(1), .. RawClient.U64(0)])).Status);
        producer.SetState(new VBucketId(3), VBucketState.Dead);
        using var next = JsonDocument.Parse((await client.AskAsync(Opcode.GetClusterConfig, extras: [.. RawClient.U64(1), .. RawClient.U64(1)])).Value);
        Assert.Equal(2, next.RootElement.GetProperty("rev").GetInt64());
        Assert.Equal(-1, next.RootElement.GetProperty("vBucketServerMap").GetProperty("vBucketMap")[3][0].GetInt32());
    }

    [Theory]
    [InlineData(HelloFeature.ClustermapChangeNotification, false)]
    [InlineData(HelloFeature.ClustermapChangeNotificationBrief, true)]
    public async Task A_new_map_is_pushed_to_who_asked_for_it(HelloFeature feature, bool brief)
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions());
        await using var client = await RawClient.LoginAsync(producer, HelloFeature.Xerror, HelloFeature.Duplex, feature);
        producer.SetState(new VBucketId(1), VBucketState.Dead);
        var push = await client.ReadAsync();
        Assert.Equal((Magic.ServerRequest, (byte)ServerOpcode.ClustermapChangeNotification), (push.Header.Magic, (byte)push.Opcode));
        Assert.Equal("default", Encoding.UTF8.GetString(push.Key));
        Assert.Equal([.. RawClient.U64(1), .. RawClient.U64(2)], push.Extras);
        Assert.Equal(brief, push.Value.Length == 0);
    }

    [Fact]
    public async Task Not_my_vbucket_gives_the_map_once_to_who_wants_it_once()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions());
        await using var client = await RawClient.LoginAsync(producer, HelloFeature.Xerror, HelloFeature.DedupeNotMyVbucketClustermap);
        var first = await client.AskAsync(Opcode.Get, 999, key: [0, 1]);
        var second = await client.AskAsync(Opcode.Get, 999, key: [0, 1]);
        Assert.Equal((Status.NotMyVBucket, Status.NotMyVBucket), (first.Status, second.Status));
        Assert.True(first.Value.Length > 0 && second.Value.Length == 0);
    }

    [Fact]
    public async Task Every_opcode_is_answered()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions());
        await using var client = await RawClient.LoginAsync(producer);
        for (var opcode = 0; opcode <= 255; opcode++)
        {
            if ((Opcode)opcode is Opcode.Quit or Opcode.QuitQ or Opcode.SaslAuth or Opcode.Helo)
                continue;
            // extras that no command has, so that quiet commands refuse too
            var answer = await client.AskAsync((Opcode)opcode, extras: new byte[13], key: [0, 1]);
            Assert.True(Enum.IsDefined((Opcode)opcode) || answer.Status == Status.UnknownCommand, $"0x{opcode:x2}: {answer.Status}");
        }
    }

    [Fact]
    public async Task The_error_map_is_json_and_version_zero_is_refused()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions());
        await using var client = await RawClient.ConnectAsync(producer);
        using var map = JsonDocument.Parse((await client.AskAsync(Opcode.GetErrorMap, value: [0, 2])).Value);
        Assert.Equal("KEY_ENOENT", map.RootElement.GetProperty("errors").GetProperty("1").GetProperty("name").GetString());
        Assert.Equal(Status.KeyNotFound, (await client.AskAsync(Opcode.GetErrorMap, value: [0, 0])).Status);
    }

    [Fact]
    public async Task Without_xerror_a_status_that_cannot_be_said_closes_the_connection()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions());
        await using var client = await RawClient.ConnectAsync(producer);
        await client.SendAsync(Opcode.Get, 0, 1, key: [0, 1]);
        await client.WaitForCloseAsync();
    }

    [Fact]
    public async Task Observe_and_statistics_tell_seqnos_and_branches()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 2 });
        producer.Bucket.Set(new VBucketId(1), "a", "v"u8);
        producer.Bucket.Set(new VBucketId(1), "b", "v"u8);
        var old = producer.Bucket.FailoverLog(new VBucketId(1)).NewestUuid.Value;
        await using var client = await RawClient.LoginAsync(producer);
        Assert.Equal([0, 0, 1, .. RawClient.U64(old), .. RawClient.U64(2), .. RawClient.U64(2)],
            (await client.AskAsync(Opcode.ObserveSeqno, 1, value: RawClient.U64(old))).Value);
        producer.LoseNewest(new VBucketId(1), 1);
        var branch = producer.Bucket.FailoverLog(new VBucketId(1)).NewestUuid.Value;
        Assert.Equal([1, 0, 1, .. RawClient.U64(branch), .. RawClient.U64(1), .. RawClient.U64(1), .. RawClient.U64(old), .. RawClient.U64(1)],
            (await client.AskAsync(Opcode.ObserveSeqno, 1, value: RawClient.U64(old))).Value);
        Assert.Equal(Status.KeyNotFound, (await client.AskAsync(Opcode.ObserveSeqno, 1, value: RawClient.U64(5))).Status);
        Assert.Equal([0, 0, .. RawClient.U64(0), 0, 1, .. RawClient.U64(1)], (await client.AskAsync(Opcode.GetAllVBucketSeqnos)).Value);
        Assert.Equal(32, (await client.AskAsync(Opcode.GetFailoverLog, 1)).Value.Length);

        await client.SendAsync(Opcode.Stat, 0, 7, key: "vbucket-seqno 1"u8.ToArray());
        var statistics = await client.ReadUntilAsync(frame => frame.Key.Length == 0);
        Assert.Contains(statistics, frame => Encoding.UTF8.GetString(frame.Key) == "vb_1:high_seqno" && frame.ValueText == "1");
        Assert.Equal(Status.KeyNotFound, (await client.AskAsync(Opcode.Stat, key: "nosuch"u8.ToArray())).Status);
    }

    [Fact]
    public async Task Planned_answers_are_given_so_many_times()
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 1 });
        await using var client = await RawClient.LoginAsync(producer);
        producer.AnswerNext(Status.TemporaryFailure, count: 2, Opcode.Set);
        Assert.Equal(Status.TemporaryFailure, (await client.SetAsync(0, "k", "v")).Status);
        Assert.Equal(Status.KeyNotFound, (await client.AskAsync(Opcode.Get, key: [0, 1])).Status);
        Assert.Equal(Status.TemporaryFailure, (await client.SetAsync(0, "k", "v")).Status);
        Assert.Equal(Status.Success, (await client.SetAsync(0, "k", "v")).Status);
    }

    [Fact]
    public async Task A_client_certificate_says_who_the_user_is()
    {
        using var authority = SelfSignedCertificate.CreateAuthority();
        using var server = SelfSignedCertificate.Create(authority);
        using var user = SelfSignedCertificate.Create(authority, "Administrator");
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions
        {
            TlsCertificate = server,
            ClientCertificateAuthority = authority,
        });
        await using var client = await RawClient.ConnectTlsAsync(producer, TlsTrust.In(authority, user));
        await client.HelloAsync(HelloFeature.Xerror);
        await client.SelectBucketAsync("default");
        Assert.Equal(Status.NotSupported, (await client.AskAsync(Opcode.SaslListMechs)).Status);

        await using var anonymous = await RawClient.ConnectTlsAsync(producer, TlsTrust.In(authority, null));
        await anonymous.HelloAsync(HelloFeature.Xerror);
        Assert.Equal(Status.NoAccess, (await anonymous.AskAsync(Opcode.Get, key: [0, 1])).Status);
        await anonymous.AuthenticateAsync("Administrator", "password");
        await anonymous.SelectBucketAsync("default");
    }

    [Fact]
    public async Task The_default_password_is_refused_where_others_can_reach_it()
    {
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { Host = "0.0.0.0" }));
        Assert.Contains("Password", refused.Message, StringComparison.Ordinal);
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { Host = "0.0.0.0", Password = "of my own" });
        Assert.Equal(IPAddress.Any, producer.Endpoint.Address);
    }
}
